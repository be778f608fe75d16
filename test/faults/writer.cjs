// Writes and uses secrets until it is killed, and says on standard output what was acknowledged, as soon as it was.
// `node writer.cjs <addon> <options as JSON> <name of the round>`; plain CommonJS and the bare addon, to start fast.
const { writeSync } = require('node:fs');

const [addon, options, round] = process.argv.slice(2);
const native = require(addon);
const core = { role: 'core', principalId: 'core' };

/** One line, whole, in one system call: what was written before a kill is there after it. */
const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

function unwrap(envelope) {
  if (envelope.ok) return envelope.value;
  say('failed', envelope.error.code, envelope.error.message);
  process.exit(1);
}

async function main() {
  const room = unwrap(
    await native.open(
      JSON.parse(options),
      () => {},
      () => {},
    ),
  );
  const send = async (channel, payload) => unwrap(await room.dispatch(core, channel, payload));
  say('opened');

  const one = async (lane) => {
    for (let i = 0; ; i++) {
      const name = `${round}-${lane}-${i}`;
      const { id, version } = await send('secrets.create', { name, kind: 'custom', value: `${name}-v1` });
      say('stored', id, version, `${name}-v1`);
      for (let next = 2; next <= 4; next++) {
        const reason = `${name}-use-${next}`;
        const plaintext = unwrap(await room.use(id, reason)).toString('utf8');
        say('used', id, reason, plaintext);
        const replaced = await send('secrets.replaceValue', { id, value: `${name}-v${next}` });
        say('stored', id, replaced.version, `${name}-v${next}`);
      }
      if (i % 3 === 2) {
        await send('secrets.delete', { id });
        say('deleted', id);
      }
    }
  };
  await Promise.all([one('a'), one('b'), one('c')]);
}

main();
