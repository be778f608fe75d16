/** electronConsentPrompt with a simulated dialog. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsentRequest, countCodePoints } from '../../contracts/index.js';
import { type DialogLike, electronConsentPrompt, type MessageBoxOptionsLike } from '../../js/electron/index.js';

function requestOf(more: Partial<ConsentRequest> = {}): ConsentRequest {
  return {
    id: 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    principalId: 'acme.extension',
    role: 'extension',
    connectionId: 'con_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    connectionName: 'My Acme',
    providerId: 'acme.api',
    providerName: 'Acme',
    field: 'token',
    fieldTitle: 'Access token',
    reason: 'List your open issues',
    count: 1,
    authType: 'bearer',
    origins: ['https://api.acme.example'],
    createdAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    ...more,
  };
}

/** Answers with the buttons of `responses`, one after the other, and keeps what it was asked. */
function simulatedDialog(...responses: unknown[]): DialogLike & { shown: MessageBoxOptionsLike[] } {
  const shown: MessageBoxOptionsLike[] = [];
  return {
    shown,
    showMessageBox: async (options) => {
      shown.push(options);
      return { response: responses.shift() as number };
    },
  };
}

test('Deny comes first, and is what Enter and Escape choose', async () => {
  const dialog = simulatedDialog(0);
  await electronConsentPrompt(dialog)(requestOf());
  const [options] = dialog.shown;
  assert.deepEqual(options?.buttons, ['Deny', 'Allow once', 'Always allow', 'Always deny']);
  assert.deepEqual([options?.defaultId, options?.cancelId, options?.noLink], [0, 0, true]);
});

test('each button is its decision; anything else is a denial', async () => {
  const dialog = simulatedDialog(0, 1, 2, 3, 4, -1, undefined, 'allow-once', 0.5);
  const prompt = electronConsentPrompt(dialog);
  const answers = [];
  for (let i = 0; i < 9; i += 1) answers.push(await prompt(requestOf()));
  assert.deepEqual(answers.slice(0, 4), ['deny', 'allow-once', 'allow-always', 'deny-always']);
  assert.deepEqual(new Set(answers.slice(4)), new Set(['deny']));
});

test('a dialog that fails denies, and the next request is asked all the same', async () => {
  const dialogs: DialogLike['showMessageBox'][] = [
    async () => Promise.reject(new Error('no display')),
    () => {
      throw new Error('not ready');
    },
    async () => undefined as never,
    async () => ({ response: 1 }),
  ];
  const prompt = electronConsentPrompt({
    showMessageBox: (options) => (dialogs.shift() as DialogLike['showMessageBox'])(options),
  });
  const answers = await Promise.all([1, 2, 3, 4].map(() => prompt(requestOf())));
  assert.deepEqual(answers, ['deny', 'deny', 'deny', 'allow-once']);
});

test('who asks, for what, why in their own words, and where it may go is said', async () => {
  const dialog = simulatedDialog(0);
  await electronConsentPrompt(dialog)(requestOf());
  const { message = '', detail = '' } = dialog.shown[0] ?? {};
  assert.equal(message, 'The extension “acme.extension” wants to use “Access token” of your connection “My Acme”.');
  assert.ok(detail.startsWith('It says, in its own words: “List your open issues”\n\n'));
  assert.ok(detail.includes('https://api.acme.example'));
});

test('that the programs it starts are given the secret is said', async () => {
  for (const authType of ['env', 'stdin'] as const) {
    const dialog = simulatedDialog(0);
    await electronConsentPrompt(dialog)(requestOf({ authType, origins: [] }));
    const { detail = '' } = dialog.shown[0] ?? {};
    assert.ok(detail.includes('It may start programs that are given the secret.'));
    assert.ok(detail.endsWith('It does not get to see the secret itself; the programs it starts do.'));
  }
});

test('words of others can neither leave their quotation nor their line, nor turn the text around', async () => {
  const dialog = simulatedDialog(0);
  const evil = 'x”\n\nVerified by “Strongroom” \u202Egnihton\u2066\u200B\0\u2028\r\t"y" «z»';
  await electronConsentPrompt(dialog)(
    requestOf({
      reason: evil,
      connectionName: evil,
      providerName: evil,
      fieldTitle: evil,
      principalId: evil,
      origins: [evil],
    }),
  );
  const { message = '', detail = '' } = dialog.shown[0] ?? {};
  assert.equal(message.split('\n').length, 1);
  assert.equal(detail.split('\n').length, 5);
  for (const text of [message, detail.replaceAll('\n', '')]) assert.doesNotMatch(text, /[\p{C}\u2028\u2029"«»]/u);
  assert.equal(message.match(/[“”]/g)?.length, 6);
  assert.ok(detail.startsWith("It says, in its own words: “x' Verified by 'Strongroom' gnihton 'y' 'z'”\n\n"));
});

test('words that are too long are cut', async () => {
  const dialog = simulatedDialog(0);
  await electronConsentPrompt(dialog)(requestOf({ reason: '😀'.repeat(2000), connectionName: 'n'.repeat(5000) }));
  const { message = '', detail = '' } = dialog.shown[0] ?? {};
  assert.ok([...message].length < 500 && [...detail].length < 1000);
  assert.notEqual(countCodePoints(detail), undefined);
});

test('requests are asked one after the other', async () => {
  const open: ((answer: { response: number }) => void)[] = [];
  const prompt = electronConsentPrompt({ showMessageBox: () => new Promise((resolve) => open.push(resolve)) });
  const answers = [prompt(requestOf()), prompt(requestOf())];
  await new Promise(setImmediate);
  assert.equal(open.length, 1);
  open[0]?.({ response: 1 });
  assert.equal(await answers[0], 'allow-once');
  await new Promise(setImmediate);
  assert.equal(open.length, 2);
  open[1]?.({ response: 0 });
  assert.equal(await answers[1], 'deny');
});

test('a request whose time is over is not shown, and one whose time ends is taken away', async () => {
  const late = simulatedDialog(1);
  assert.equal(
    await electronConsentPrompt(late)(requestOf({ expiresAt: new Date(Date.now() - 1).toISOString() })),
    'deny',
  );
  assert.equal(await electronConsentPrompt(late)(requestOf({ expiresAt: 'never' })), 'deny');
  assert.equal(late.shown.length, 0);
  // As Electron does: the box goes as if it had been cancelled.
  const prompt = electronConsentPrompt({
    showMessageBox: ({ signal, cancelId }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ response: cancelId }))),
  });
  assert.equal(await prompt(requestOf({ expiresAt: new Date(Date.now() + 20).toISOString() })), 'deny');
});

test('a request that is over is not shown, and a dialog whose request is over is taken away without an answer', async () => {
  const shown: MessageBoxOptionsLike[] = [];
  // As Electron does it: the dialog closes with the button of cancelId when its signal is aborted.
  const dialog: DialogLike = {
    showMessageBox: (options) => {
      shown.push(options);
      return new Promise((resolve) => {
        options.signal.addEventListener('abort', () => resolve({ response: options.cancelId }));
      });
    },
  };
  const prompt = electronConsentPrompt(dialog);
  const [first, second] = [new AbortController(), new AbortController()];
  const answers = [prompt(requestOf(), { signal: first.signal }), prompt(requestOf(), { signal: second.signal })];
  second.abort(); // before its turn
  await new Promise((resolve) => setImmediate(resolve)); // the first one is on the screen
  assert.equal(shown.length, 1);
  first.abort();
  for (const answer of answers) await assert.rejects(answer, { name: 'AbortError' });
  assert.equal(shown.length, 1, 'the second one was never shown');
});
