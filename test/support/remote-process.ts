/** The process at the other end of remote.ts: opens a room and does what it is told. */
import { openStrongroom, type Strongroom, StrongroomError } from '../../js/main/index.js';
import type { Call, Question, Reply } from './remote.js';

let room: Strongroom | undefined;

function theRoom(): Strongroom {
  if (!room) throw new Error('there is no room yet');
  return room;
}

async function answer(call: Call): Promise<unknown> {
  switch (call.method) {
    case 'open':
      room = await openStrongroom(call.options);
      return null;
    case 'status':
      return theRoom().status();
    case 'stats':
      return theRoom().stats();
    case 'unlock':
      return theRoom().unlock();
    case 'lock':
      return theRoom().lock();
    case 'close':
      return theRoom().close();
    case 'audit.verify':
      return theRoom().audit.verify();
    case 'audit.list':
      return theRoom().audit.list(call.filter);
    case 'create':
      return theRoom().secrets.create({ name: call.name, kind: 'custom', value: call.value });
    case 'list':
      return theRoom().secrets.list();
    case 'get':
      return theRoom().secrets.get(call.id);
    case 'use': {
      const uses = Array.from({ length: call.times ?? 1 }, (_, i) =>
        theRoom().secrets.use(call.id, { reason: `use ${i}` }, (plaintext) => plaintext.toString('utf8')),
      );
      const settled = await Promise.allSettled(uses);
      if (call.times === undefined) return uses[0];
      return settled.map((use) =>
        use.status === 'fulfilled' ? { value: use.value } : { code: (use.reason as StrongroomError).code },
      );
    }
    case 'hammer':
      return hammer(call.name, call.seconds, call.shared);
  }
}

/** Creates, replaces, renames and uses secrets for some seconds; what it did, and every failure's code. */
async function hammer(name: string, seconds: number, shared: string[]) {
  const { secrets } = theRoom();
  const done = { created: 0, uses: 0, updates: 0, conflicts: 0, replaced: 0, failures: [] as string[] };
  const until = performance.now() + seconds * 1000;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof StrongroomError && error.code === 'CONFLICT') {
        // As an app does: again, with what it is by now. The replacement beside it comes between, the first time.
        done.conflicts += 1;
        return attempt(work);
      }
      done.failures.push(String(error instanceof StrongroomError ? `${error.code} ${error.message}` : error));
    }
  };
  for (let i = 0; performance.now() < until; i++) {
    const target = shared[i % shared.length] ?? '';
    await Promise.all([
      attempt(async () => {
        await secrets.create({ name: `${name} ${i}`, kind: 'custom', value: `${name} ${i}` });
        done.created += 1;
      }),
      attempt(async () => {
        await secrets.replaceValue(target, `value by ${name} ${i}`);
        done.replaced += 1;
      }),
      attempt(async () => {
        // Read, change and write back on the condition that nobody else wrote meanwhile.
        const { revision, metadata } = await secrets.get(target);
        const count = Number(metadata.count ?? 0) + 1;
        await secrets.update(target, { metadata: { count: String(count) }, revision });
        done.updates += 1;
      }),
      attempt(async () => {
        const value = await secrets.use(target, { reason: name }, (plaintext) => plaintext.toString('utf8'));
        if (!value.startsWith('value by ')) throw new Error(`not a value that anyone wrote: ${value}`);
        done.uses += 1;
      }),
    ]);
  }
  return done;
}

process.on('message', async (message) => {
  const { id, call } = message as Question;
  let reply: Reply;
  try {
    reply = { id, ok: true, value: await answer(call) };
  } catch (error) {
    const known = error instanceof StrongroomError;
    reply = {
      id,
      ok: false,
      code: known ? error.code : '',
      message: error instanceof Error ? error.message : String(error),
      detail: known ? error.detail : undefined,
      issues: known && error.issues ? [...error.issues] : undefined,
    };
  }
  process.send?.(reply);
});
