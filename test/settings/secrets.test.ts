import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCanary } from '../host/support.js';
import { addConnections } from './access-support.js';
import { assertNowhere, focused, Setting, SharedBrowser, waitForFocus } from './support.js';

const shared = new SharedBrowser();

test('a person adds, replaces, edits and removes a secret, and its value is seen by nobody', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const [first, second] = [newCanary(), newCanary()];
  const status = page.locator('.toast[role=status]');
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();

  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('GitHub token');
  await page.getByLabel('Kind').selectOption('service_token');
  await page.getByLabel('Environment key').fill('GITHUB_TOKEN');
  await page.getByLabel('Value', { exact: true }).fill(first);
  await page.getByRole('button', { name: 'Add line' }).click();
  await page.getByLabel('Key of line 1').fill('owner');
  await page.getByLabel('Value of line 1').fill('Release team');
  await page.getByRole('button', { name: 'Save' }).click();
  await status.getByText('GitHub token was saved.').waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.equal(await focused(page), 'Details of GitHub token');
  const stored = await setting.room.secrets.getByEnvKey('GITHUB_TOKEN');
  assert.equal(stored.kind, 'service_token');
  assert.deepEqual(stored.metadata, { owner: 'Release team' });
  assert.equal(await setting.room.secrets.reveal(stored.id, { reason: 'test' }), first);
  await assertNowhere(window, first);

  await page.getByRole('button', { name: 'Replace the value of GitHub token' }).click();
  await page.getByText('Version 1 of GitHub token will be overwritten').waitFor();
  await page.getByLabel('New value').fill(second);
  await page.getByRole('dialog').getByRole('button', { name: 'Replace value' }).click();
  await status.getByText('it is now version 2').waitFor();
  assert.equal(await focused(page), 'Replace the value of GitHub token');
  assert.equal(await setting.room.secrets.reveal(stored.id, { reason: 'test' }), second);
  await assertNowhere(window, second);

  await page.getByRole('button', { name: 'Edit GitHub token' }).click();
  assert.equal(await page.getByLabel('Environment key').inputValue(), 'GITHUB_TOKEN');
  assert.equal(await page.getByLabel('Value', { exact: true }).count(), 0);
  await page.getByLabel('Name', { exact: true }).fill('GitHub');
  await page.getByLabel('Environment key').fill('');
  await page.getByRole('button', { name: 'Remove line 1' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await status.getByText('The changes to GitHub were saved.').waitFor();
  const edited = await setting.room.secrets.get(stored.id);
  assert.deepEqual([edited.name, edited.envKey, edited.metadata, edited.version], ['GitHub', null, {}, 2]);

  await page.getByRole('button', { name: 'Remove GitHub' }).click();
  const confirmation = page.getByRole('alertdialog', { name: 'Remove GitHub?' });
  await confirmation.waitFor();
  assert.equal(await focused(page), 'Cancel');
  await confirmation.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await focused(page), 'Remove GitHub');
  assert.equal((await setting.room.secrets.list()).items.length, 1);
  await page.getByRole('button', { name: 'Remove GitHub' }).click();
  await page.route('**/ipc', async (route) => {
    const error = { code: 'BUSY', message: 'cannot' };
    const refuse = route.request().postData()?.includes('secrets.delete');
    await (refuse ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await confirmation.getByRole('button', { name: 'Remove' }).click();
  await confirmation.getByRole('alert').getByText('The store is busy.').waitFor();
  assert.equal(await focused(page), 'Remove', 'it can be tried again');
  await page.unroute('**/ipc');
  await page.keyboard.press('Enter');
  await status.getByText('GitHub was removed.').waitFor();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  assert.equal(await focused(page), 'Secrets');
  assert.equal((await setting.room.secrets.list()).items.length, 0);
  for (const canary of [first, second]) await assertNowhere(window, canary);
  await setting.finish(window);
});

test('errors stand beside their fields while one types, and the first one gets the focus', async (t) => {
  const setting = await Setting.make(t, shared);
  const taken = await setting.room.secrets.create({
    name: 'Taken',
    kind: 'custom',
    value: newCanary(),
    envKey: 'TAKEN',
  });
  const window = await setting.open();
  const { page } = window;
  const errorOf = async (label: string): Promise<string> => {
    const field = page.getByLabel(label, { exact: true });
    if ((await field.getAttribute('aria-invalid')) !== 'true') return '';
    const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
    return (await page.locator(`[id="${ids[0]}"]`).innerText()).trim();
  };
  await page.getByRole('button', { name: 'Add secret' }).click();
  assert.equal(await focused(page), 'Name');
  assert.equal(await errorOf('Name'), '', 'nothing is complained about before anything is typed');

  const envKey = 'Environment key (optional)';
  for (const [typed, complaint] of [
    ['github_token', 'Use capital letters.'],
    ['1TOKEN', 'Must start with a letter.'],
    ['GIT-HUB', 'Only capital letters A–Z, digits and _.'],
    ['A'.repeat(101), 'At most 100 characters; 1 too many.'],
    ['A'.repeat(100), ''],
    ['', ''],
  ] as const) {
    await page.getByLabel(envKey, { exact: true }).fill(typed);
    assert.equal(await errorOf(envKey), complaint);
  }
  // Lengths are code points: each of these emoji is two UTF-16 units.
  await page.getByLabel('Name', { exact: true }).fill('🔑'.repeat(100));
  assert.equal(await errorOf('Name'), '');
  await page.getByLabel('Name', { exact: true }).fill('🔑'.repeat(102));
  assert.equal(await errorOf('Name'), 'At most 100 characters; 2 too many.');
  await page.getByLabel('Name', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  assert.equal(await errorOf('Name'), 'Enter a name.');
  assert.equal(await errorOf('Value'), 'Enter the value.');
  assert.equal(await focused(page), 'Name');
  await page.getByLabel('Value', { exact: true }).fill('x'.repeat(10_001));
  assert.equal(await errorOf('Value'), 'At most 10000 characters; 1 too many.');

  await page.getByRole('button', { name: 'Add line' }).click();
  await page.getByRole('button', { name: 'Add line' }).click();
  for (const line of [1, 2]) await page.getByLabel(`Key of line ${line}`).fill('owner');
  assert.equal(await errorOf('Key of line 2'), 'This key stands above already.');
  await page.getByLabel('Key of line 2').fill('__proto__');
  assert.equal(await errorOf('Key of line 2'), 'This key is reserved.');
  await page.getByRole('button', { name: 'Remove line 2' }).click();

  // What only the core knows is said at the same places.
  const canary = newCanary();
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await page.getByLabel('Name', { exact: true }).fill('Taken');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Another secret has this name.').waitFor();
  assert.equal(await focused(page), 'Name');
  assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), canary, 'nothing has to be typed twice');
  await page.getByLabel('Name', { exact: true }).fill('Free');
  assert.equal(await errorOf('Name'), '');
  await page.getByLabel(envKey, { exact: true }).fill('TAKEN');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Another secret has this environment key.').waitFor();
  assert.equal(await focused(page), envKey);

  await page.keyboard.press('Escape');
  await page.locator('#value').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Add secret');
  await assertNowhere(window, canary);
  assert.equal((await setting.room.secrets.list()).items.length, 1);
  await setting.room.secrets.delete(taken.id);
  await setting.finish(window);
});

test('keys of several lines keep their lines, chosen by kind or pasted', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: setting.host.url });
  const key = `-----BEGIN KEY-----\n${newCanary()}\n-----END KEY-----\n`;
  for (const [kind, name] of [
    ['ssh_key', 'Chosen'],
    ['custom', 'Pasted'],
  ] as const) {
    await page.getByRole('button', { name: 'Add secret' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('dialog').getByLabel('Kind').selectOption(kind);
    const value = page.getByLabel('Value', { exact: true });
    if (kind === 'ssh_key') {
      await value.fill(key);
    } else {
      await page.evaluate((text) => navigator.clipboard.writeText(text), key);
      await value.focus();
      await page.keyboard.press('Control+V');
      await page.locator('textarea#value').waitFor();
    }
    assert.match(
      await value.evaluate((field) => getComputedStyle(field).getPropertyValue('-webkit-text-security')),
      /disc/,
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`${name} was saved.`).waitFor();
    const info = (await setting.room.secrets.list()).items.find((item) => item.name === name);
    assert.equal(await setting.room.secrets.reveal(info?.id ?? '', { reason: 'test' }), key);
    await setting.room.secrets.delete(info?.id ?? '');
  }
  await setting.finish(window);
});

test('several lines that are pasted or dropped stand where the caret was, and cannot be copied from the field', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: setting.host.url });
  const [lines, typed] = [`first ${newCanary()}\nlast`, newCanary()];
  const copyLines = (): Promise<void> => page.evaluate((text) => navigator.clipboard.writeText(text), lines);
  const value = page.getByLabel('Value', { exact: true });
  const many = page.locator('textarea#value');
  const caret = (): Promise<unknown> =>
    many.evaluate((field: HTMLTextAreaElement) => [field.selectionStart, field.selectionEnd]);
  const pasteAt = async (...keys: readonly string[]): Promise<void> => {
    await page.getByRole('button', { name: 'Add secret' }).click();
    await value.focus();
    await page.keyboard.type(typed);
    for (const key of keys) await page.keyboard.press(key);
    await copyLines();
    await page.keyboard.press('Control+V');
    await many.waitFor();
  };

  await pasteAt('Control+A');
  assert.equal(await value.inputValue(), lines, 'what was selected is replaced');
  await page.keyboard.press('Escape');
  await pasteAt('Home', 'ArrowRight');
  assert.equal(await value.inputValue(), `${typed.slice(0, 1)}${lines}${typed.slice(1)}`);
  assert.deepEqual(await caret(), [lines.length + 1, lines.length + 1], 'one types on after what was pasted');

  // As from a password field, nothing gets out.
  await page.evaluate(() => navigator.clipboard.writeText('something else'));
  await page.keyboard.press('Control+A');
  for (const key of ['Control+C', 'Control+X', 'Control+Insert', 'Shift+Delete']) await page.keyboard.press(key);
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.press('Control+V');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'something else');
  assert.equal(await value.inputValue(), `${typed.slice(0, 1)}${lines}${typed.slice(1)}`);
  assert.ok(
    await many.evaluate((field) => !field.dispatchEvent(new DragEvent('dragstart', { cancelable: true }))),
    'nor is it dragged out',
  );
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Add secret' }).click();
  const { x = 0, y = 0 } = (await value.boundingBox()) ?? {};
  const debug = await page.context().newCDPSession(page);
  const data = { items: [{ mimeType: 'text/plain', data: lines }], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await debug.send('Input.dispatchDragEvent', { type, x: x + 20, y: y + 10, data });
  await many.waitFor();
  assert.equal(await value.inputValue(), lines);
  await setting.finish(window);
});

test('an edit in one window that another window has overtaken is shown with both versions', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Shared', kind: 'api_key', value: newCanary() });
  const [mine, theirs] = [await setting.open(), await setting.open()];
  const overtake = async (envKey: string): Promise<void> => {
    await mine.page.getByRole('button', { name: /^Edit / }).click();
    await theirs.page.getByRole('button', { name: /^Edit / }).click();
    await theirs.page.getByLabel('Environment key').fill(envKey);
    await theirs.page.getByRole('button', { name: 'Save' }).click();
    await theirs.page.getByText('were saved.').waitFor();
  };

  await overtake('THEIRS');
  await mine.page.getByLabel('Name', { exact: true }).fill('Mine');
  await mine.page.getByLabel('Environment key').fill('MINE');
  await mine.page.getByRole('button', { name: 'Save' }).click();
  const conflict = mine.page.getByRole('dialog', { name: 'Changed meanwhile' });
  await conflict.waitFor();
  const row = (name: string): Promise<string[]> =>
    conflict.getByRole('row', { name }).locator('th, td').allInnerTexts();
  assert.deepEqual(await row('Name'), ['Name', 'Mine', 'Shared']);
  assert.deepEqual(await row('Environment key'), ['Environment key', 'MINE', 'THEIRS']);
  assert.equal((await setting.room.secrets.get(id)).envKey, 'THEIRS', 'nothing has been overwritten');
  await conflict.getByRole('button', { name: 'Save mine' }).click();
  await mine.page.getByText('The changes to Mine were saved.').waitFor();
  assert.equal((await setting.room.secrets.get(id)).envKey, 'MINE');

  // What only they changed is kept when I save mine.
  await theirs.page.getByText('Mine', { exact: true }).waitFor();
  await overtake('KEPT');
  await mine.page.getByLabel('Name', { exact: true }).fill('Renamed');
  await mine.page.getByRole('button', { name: 'Save' }).click();
  await conflict.getByRole('button', { name: 'Save mine' }).click();
  await mine.page.getByText('The changes to Renamed were saved.').waitFor();
  assert.deepEqual(await setting.room.secrets.get(id).then(({ name, envKey }) => [name, envKey]), ['Renamed', 'KEPT']);

  await theirs.page.getByText('Renamed', { exact: true }).waitFor();
  await overtake('LAST');
  await mine.page.getByLabel('Environment key').fill('LOST');
  await mine.page.getByRole('button', { name: 'Save' }).click();
  await conflict.getByRole('button', { name: 'Use theirs' }).click();
  assert.equal(await mine.page.getByLabel('Environment key').inputValue(), 'LAST');
  await mine.page.keyboard.press('Escape');
  assert.equal((await setting.room.secrets.get(id)).envKey, 'LAST');

  // Removed while it is being edited: said, and nothing saved.
  await mine.page.getByRole('button', { name: /^Edit / }).click();
  await setting.room.secrets.delete(id);
  await mine.page.getByLabel('Name', { exact: true }).fill('Gone');
  await mine.page.getByRole('button', { name: 'Save' }).click();
  await mine.page.getByText('This secret was removed meanwhile.').waitFor();
  await theirs.page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  await setting.finish(mine);
  await setting.finish(theirs);
});

test('the list is sorted, searched and filtered, and follows changes made elsewhere', async (t) => {
  const setting = await Setting.make(t, shared);
  const kinds = ['api_key', 'ssh_key', 'custom'] as const;
  const ids: string[] = [];
  for (const [index, kind] of kinds.entries()) {
    const name = ['zebra', 'Alpha 10', 'alpha 9'][index] ?? '';
    const info = await setting.room.secrets.create({
      name,
      kind,
      value: newCanary(),
      ...(kind === 'api_key' ? { envKey: 'STRIPES', metadata: { owner: 'Zoo' } } : {}),
    });
    ids.push(info.id);
  }
  const window = await setting.open();
  const { page } = window;
  const names = (): Promise<string[]> => page.locator('tr.row bdi').allInnerTexts();
  assert.deepEqual(await names(), ['alpha 9', 'Alpha 10', 'zebra']);
  const search = page.getByRole('searchbox', { name: 'Search secrets' });
  for (const words of ['zeb', 'STRIPES', 'zoo owner']) {
    await search.fill(words);
    assert.deepEqual(await names(), ['zebra']);
  }
  await page.getByText('1 of 3 secrets').waitFor();
  await search.fill('nothing like it');
  await page.getByText('Nothing matches.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByLabel('Kind').selectOption('ssh_key');
  assert.deepEqual(await names(), ['Alpha 10']);
  await page.getByLabel('Kind').selectOption('');

  await setting.room.secrets.update(ids[0] ?? '', { name: 'aardvark' });
  await page.locator('tr.row bdi').getByText('aardvark').waitFor();
  assert.deepEqual(await names(), ['aardvark', 'alpha 9', 'Alpha 10']);
  for (const id of ids) await setting.room.secrets.delete(id);
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  await setting.finish(window);
});

test('the focus is never lost with a row or secret that was removed elsewhere', async (t) => {
  const setting = await Setting.make(t, shared);
  const { secrets } = setting.room;
  const add = async (name: string): Promise<string> =>
    (await secrets.create({ name, kind: 'custom', value: newCanary() })).id;
  const [first, second, third] = [await add('A'), await add('B'), await add('C')];
  await add('D');
  const window = await setting.open();
  const { page } = window;
  const remove = async (id: string, name: string): Promise<void> => {
    await secrets.delete(id);
    await page.getByRole('button', { name: `Details of ${name}`, includeHidden: true }).waitFor({ state: 'detached' });
  };
  await page.getByRole('button', { name: 'Edit B' }).focus();
  await remove(second, 'B');
  await waitForFocus(page, 'Details of C');

  await page.getByRole('button', { name: 'Remove C' }).click();
  await page.getByRole('alertdialog').waitFor();
  await remove(third, 'C');
  await page.keyboard.press('Escape');
  await waitForFocus(page, 'Secrets');

  await page.getByRole('button', { name: 'Edit A' }).click();
  await page.getByRole('dialog').waitFor();
  await remove(first, 'A');
  await page.keyboard.press('Escape');
  await waitForFocus(page, 'Secrets');
  await setting.finish(window);
});

test('names are text, whatever they look like', async (t) => {
  const setting = await Setting.make(t, shared);
  const name = '<img src=x onerror="alert(1)">{{7*7}}';
  const { id } = await setting.room.secrets.create({
    name,
    kind: 'custom',
    value: newCanary(),
    metadata: { '<b>': '</dl><script>' },
  });
  const window = await setting.open();
  await window.page.getByRole('button', { name: `Details of ${name}` }).click();
  assert.equal(await window.page.locator('tr.row bdi').innerText(), name);
  assert.equal(await window.page.locator('img, script:not([src])').count(), 0);
  await setting.room.secrets.delete(id);
  await setting.finish(window);
});

test('the name of an environment key is copied, and nothing but the name', async (t) => {
  const setting = await Setting.make(t, shared);
  const canary = newCanary();
  await setting.room.secrets.create({ name: 'GitHub', kind: 'custom', value: canary, envKey: 'GITHUB_TOKEN' });
  const window = await setting.open();
  const { page } = window;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: setting.host.url });
  await page.getByRole('button', { name: 'Copy the name GITHUB_TOKEN' }).click();
  await page.getByText('GITHUB_TOKEN was copied.').waitFor();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.press('Control+V');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'GITHUB_TOKEN');
  await page.keyboard.press('Escape');

  // Where the clipboard is not to be had, the name is ready to be copied by hand.
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  await page.getByRole('button', { name: 'Copy the name GITHUB_TOKEN' }).click();
  await page.getByText('The name could not be copied; it is selected now.').waitFor();
  assert.equal(await page.evaluate(() => String(getSelection())), 'GITHUB_TOKEN');

  // With forced colours every button has an edge: it does not touch the name.
  await page.emulateMedia({ forcedColors: 'active' });
  const gap = await page.locator('.copyable').evaluate((both) => {
    const [name, copy] = [...both.children].map((part) => part.getBoundingClientRect());
    return (copy?.left ?? 0) - (name?.right ?? 0);
  });
  assert.ok(gap >= 4, `${gap} px`);
  await assertNowhere(window, canary);
  await setting.finish(window);
});

test('many secrets are removed at once: asked first, with progress, stopped and gone on with', async (t) => {
  const setting = await Setting.make(t, shared);
  const names = Array.from({ length: 12 }, (_, index) => `Secret ${index + 1}`);
  for (const name of names) {
    await setting.room.secrets.create({ name, kind: name === 'Secret 12' ? 'ssh_key' : 'custom', value: newCanary() });
  }
  const window = await setting.open();
  const { page } = window;
  const left = async (): Promise<number> => (await setting.room.secrets.list()).items.length;
  await page.getByLabel('Select Secret 1', { exact: true }).check();
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'Clear selection' }).click();
  await page.getByLabel('Kind').selectOption('custom');
  await page.getByLabel('Select all shown').check();
  await page.getByText('11 selected').waitFor();
  await page.getByLabel('Select Secret 5', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Remove selected' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Remove 10 secrets?' });
  await dialog.waitFor();
  assert.equal(await focused(page), 'Cancel');
  await dialog.getByText('and 4 more').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await left(), 12);

  // The fourth removal waits until the person has stopped the work.
  let calls = 0;
  let goOn = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await page.route('**/ipc', async (route) => {
    if (route.request().postData()?.includes('secrets.delete') && ++calls === 4) await stopped;
    await route.continue();
  });
  await page.getByRole('button', { name: 'Remove selected' }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.getByText('3 of 10').waitFor();
  assert.equal(await dialog.getByRole('progressbar').getAttribute('value'), '3');
  assert.equal(await focused(page), 'Stop');
  await page.keyboard.press('Enter');
  goOn();
  await dialog.getByText('Stopped. What was done before stays done.').waitFor();
  assert.equal(await left(), 8);
  await dialog.getByRole('button', { name: 'Try these again' }).click();
  await page.getByText('10 secrets were removed.').waitFor();
  assert.deepEqual((await setting.room.secrets.list()).items.map(({ name }) => name).sort(), ['Secret 12', 'Secret 5']);
  assert.equal(await focused(page), 'Secrets');
  await setting.finish(window);
});

test('a secret says who has used it, and the secrets of connections where they belong', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Deploy key', kind: 'custom', value: newCanary() });
  const { canaries } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await page.getByRole('button', { name: 'Details of Deploy key' }).click();
  await page.getByText('nobody yet').waitFor();
  await setting.room.secrets.use(id, { reason: 'Deploy to production' }, () => undefined);
  const facts = page.locator('dl.facts');
  for (let times = 0; times < 2; times += 1) await page.getByRole('button', { name: 'Details of Deploy key' }).click();
  await facts.getByText(/Application,\s+now: Deploy to production/).waitFor();

  await page.getByLabel('Kind').selectOption('connection');
  await page.getByRole('button', { name: 'Details of Access token of Work account' }).click();
  await facts.getByRole('button', { name: 'Work account' }).waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 0);
  assert.equal(await page.getByRole('button', { name: /^Remove / }).count(), 0);
  for (const canary of canaries) await assertNowhere(window, canary);
  await facts.getByRole('button', { name: 'Work account' }).click();
  await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor();
  await setting.finish(window);
});

test('of a long list only what is in sight is drawn, and the rest is found', async (t) => {
  const setting = await Setting.make(t, shared);
  await Promise.all(
    Array.from({ length: 400 }, (_, index) =>
      setting.room.secrets.create({ name: `Secret ${index}`, kind: 'custom', value: newCanary() }),
    ),
  );
  const window = await setting.open();
  const { page } = window;
  await page.getByText('400 secrets').waitFor();
  assert.ok((await page.locator('tr.row').count()) < 60);
  await page.getByRole('button', { name: 'Details of Secret 0', exact: true }).focus();
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 100_000);
  await page.getByRole('button', { name: 'Details of Secret 399' }).click();
  await page.getByText('nobody yet').waitFor();
  await page.getByRole('searchbox').fill('Secret 217');
  await page.getByText('1 of 400 secrets').waitFor();
  await setting.finish(window);
});
