/** What is typed for one thing never ends up with another, and nothing is said to be done that was not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { ProviderManifest } from '../../contracts/index.js';
import { focused, Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();
const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;

type Properties = Readonly<Record<string, object>>;

function schemaOf(properties: Properties): ProviderManifest['schema'] {
  return { type: 'object', properties, required: ['token'] };
}

function manifest(id: string, displayName: string, properties: Properties): ProviderManifest {
  return {
    id,
    displayName,
    description: `${displayName}, for tests.`,
    version: '1.0.0',
    schema: schemaOf(properties),
    auth: { type: 'bearer', field: 'token' },
    origins: ['https://api.example'],
  };
}

const token = (title: string): object => ({
  type: 'string',
  title,
  writeOnly: true,
});
const kForgeFields = { note: { type: 'string', title: 'Note' }, token: token('Forge token') };
const kForge = manifest('acme.forge', 'Forge', kForgeFields);
const kMail = manifest('acme.mail', 'Mail', { token: token('Mail token') });

async function connect(setting: Setting, providerId: string, displayName: string): Promise<string> {
  const connection = { providerId, scope: 'user', displayName, fields: {}, secrets: { token: canary() } } as const;
  return (await setting.room.connections.create(connection)).id;
}

/** What going back or an app does. */
function showItem(page: Page, item: string): Promise<void> {
  return page.evaluate((item) => {
    const settings = document.querySelector<HTMLElement & { item: string }>('strongroom-settings');
    if (settings) settings.item = item;
  }, item);
}

const shownName = (page: Page): Promise<string> => page.locator('strongroom-connection-details h2').innerText();

test('a field may be called what every object inherits, and no panel stands for another connection', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const work = await connect(setting, 'acme.forge', 'Office');
  const odd = manifest('odd.names', 'Odd', { token: token('Odd token') });
  await setting.room.providers.register(odd);
  await connect(setting, 'odd.names', 'Strange');
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty'];
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', title: `The ${name}` } as const]));
  await setting.room.providers.register({
    ...odd,
    schema: schemaOf({ ...properties, token: token('Odd token') }),
  });

  const window = await setting.open({}, 'strongroom-connection-details h2', `connections&item=${work}`);
  const { page } = window;
  await page.getByRole('button', { name: 'Replace Forge token' }).click();
  await page.getByLabel('Forge token', { exact: true }).fill(canary());
  await page.getByRole('option', { name: 'Strange' }).click();
  await page.locator('h2', { hasText: 'Strange' }).waitFor();
  assert.equal(await page.getByLabel('Forge token', { exact: true }).count(), 0);
  for (const name of names) assert.equal(await page.getByLabel(`The ${name}`).inputValue(), '');
  await page.getByLabel('The constructor').fill('mine');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Strange was saved.').waitFor();
  await page.getByRole('option', { name: 'Office' }).click();
  await page.locator('h2', { hasText: 'Office' }).waitFor();
  assert.equal(await shownName(page), 'Office');
  await setting.finish(window);
});

test('a secret typed for one service is not in the form of another', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  await setting.room.providers.register(kMail);
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.forge');
  const { page } = window;
  await page.getByLabel('Forge token').fill(canary());
  await showItem(page, 'new/acme.mail');
  const other = page.getByLabel('Mail token');
  await other.waitFor();
  assert.equal(await other.inputValue(), '');
  await setting.finish(window);
});

test('what was typed stays in its field when the service asks for more', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.forge');
  const { page } = window;
  const value = canary();
  await page.getByLabel('Forge token').fill(value);
  const properties = { hook: token('Hook secret'), ...kForgeFields };
  await setting.room.providers.register({ ...kForge, schema: schemaOf(properties) });
  await page.getByLabel('Hook secret').waitFor();
  assert.equal(await page.getByLabel('Hook secret').inputValue(), '');
  assert.equal(await page.getByLabel('Forge token').inputValue(), value);
  await setting.finish(window);
});

test('what was typed for a new connection is there again after a look at another page, except the secret', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.forge');
  const { page } = window;
  await page.getByLabel('Note').fill('Half typed');
  await page.getByLabel('Forge token').fill(canary());
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.getByLabel('Note').waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'Half typed');
  assert.equal(await page.getByLabel('Forge token').inputValue(), '');
  // Whoever is there already begins anew.
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.getByLabel('Note').waitFor({ state: 'detached' });
  await setting.finish(window);
});

test('what was typed for a new connection stays while its service is away', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  await setting.room.providers.register(kMail);
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.forge');
  const { page } = window;
  const value = canary();
  await page.getByLabel('Note').fill('Half typed');
  await page.getByLabel('Forge token').fill(value);
  const answered = page.waitForResponse(
    (response) => response.request().postData()?.includes('providers.list') === true,
  );
  await setting.room.providers.unregister('acme.forge');
  await answered;
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('alert').getByText('The service was removed meanwhile.').waitFor();
  await setting.room.providers.register(kForge);
  assert.equal(await page.getByLabel('Note').inputValue(), 'Half typed');
  assert.equal(await page.getByLabel('Forge token').inputValue(), value);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('was connected.').waitFor();
  await setting.finish(window);
});

test('numbers can be typed sign first, with an exponent and over another', async (t) => {
  const setting = await Setting.make(t, shared);
  const numbers = { share: { type: 'number', title: 'Share', default: 30 }, token: token('Token') } as const;
  await setting.room.providers.register(manifest('acme.number', 'Numbers', numbers));
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.number');
  const share = window.page.getByLabel('Share');
  for (const text of ['-5', '1e5', '.5', '1e-3', '-0.25']) {
    await share.focus();
    await window.page.keyboard.press('Control+a');
    await window.page.keyboard.type(text);
    assert.equal(await share.inputValue(), text);
  }
  await setting.finish(window);
});

test('a question left by going back is not answered, nor taken for another one', async (t) => {
  const setting = await Setting.make(t, shared);
  const kept = ['one', 'two'];
  for (const name of kept) await setting.room.secrets.create({ name, kind: 'custom', value: canary() });
  const window = await setting.open({}, 'strongroom-audit-page h1', 'audit');
  const { page } = window;
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Remove one' }).click();
  await page.getByRole('alertdialog', { name: 'Remove one?' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  await page.goForward();
  await page.getByRole('button', { name: 'Remove two' }).click();
  const question = page.getByRole('alertdialog', { name: 'Remove two?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  assert.deepEqual(await page.locator('strongroom-secrets-page .disclose bdi').allInnerTexts(), kept);
  assert.equal(await page.getByText('was removed').count(), 0);
  await setting.finish(window);
});

test('a dialog that is opened while the last one is being saved is its own', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/ipc', async (route) => {
    const response = await route.fetch();
    if (route.request().postData()?.includes('"first"') === true) await held;
    await route.fulfill({ response });
  });
  const add = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Add secret' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Value', { exact: true }).fill(canary());
  };
  await add('first');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Saving…' }).waitFor();
  await page.keyboard.press('Escape');
  await add('second');
  release();
  await page.getByText('first was saved.').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'second');
  assert.notEqual(await page.getByLabel('Value', { exact: true }).inputValue(), '');
  await page.keyboard.press('Enter');
  await page.getByText('second was saved.').waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  assert.deepEqual((await setting.room.secrets.list({})).items.map(({ name }) => name).sort(), ['first', 'second']);
  await setting.finish(window);
});

/** Holds back the requests of a channel until what is returned is called; with `code` they are refused then. */
async function hold(page: Page, channel: string, code?: string): Promise<() => void> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/ipc', async (route) => {
    if (route.request().postData()?.includes(`"${channel}"`) !== true) return route.continue();
    await held;
    if (code === undefined) await route.continue();
    else await route.fulfill({ json: { ok: false, error: { code, message: '' } } });
  });
  return () => release();
}

test('whoever has left the form of a new connection is not taken back to it when it is made', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  await connect(setting, 'acme.forge', 'Office');
  const window = await setting.open({}, 'strongroom-connection-new form', 'connections&item=new/acme.forge');
  const { page } = window;
  const create = async (name: string): Promise<void> => {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Forge token').fill(canary());
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByRole('button', { name: 'Connecting…' }).waitFor();
  };

  // On another page.
  let release = await hold(page, 'connections.create');
  await create('First');
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Add secret' }).click();
  const value = canary();
  await page.getByLabel('Value', { exact: true }).fill(value);
  release();
  await page.getByText('First was connected.').waitFor();
  assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), value);
  assert.equal(await focused(page), 'Value');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.locator('h2', { hasText: 'First' }).waitFor();

  // On another row.
  await page.unrouteAll({ behavior: 'wait' });
  release = await hold(page, 'connections.create');
  await page.getByRole('button', { name: 'Add connection' }).click();
  await page.getByRole('button', { name: 'Forge' }).click();
  await create('Second');
  await page.getByRole('option', { name: 'Office' }).click();
  await page.getByRole('button', { name: 'Replace Forge token' }).click();
  await page.getByLabel('Forge token', { exact: true }).fill(value);
  release();
  await page.getByText('Second was connected.').waitFor();
  await page.getByRole('option', { name: 'Second' }).waitFor();
  assert.equal(await shownName(page), 'Office');
  assert.equal(await page.getByLabel('Forge token', { exact: true }).inputValue(), value);
  await page.unrouteAll({ behavior: 'wait' });
  await setting.finish(window);
});

test('a half-edited connection that was removed elsewhere is still one to its own service', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const mailbox = { type: 'string', title: 'Mailbox' };
  await setting.room.providers.register({ ...kMail, schema: schemaOf({ mailbox, token: token('Mail token') }) });
  const id = await connect(setting, 'acme.forge', 'Office');
  await connect(setting, 'acme.mail', 'Post');
  const window = await setting.open({}, 'strongroom-connection-details h2', `connections&item=${id}`);
  const { page } = window;
  await page.getByLabel('Note').fill('Half typed');
  await page.getByRole('option', { name: 'Post' }).click();
  await page.getByLabel('Mailbox').waitFor();
  await setting.room.connections.delete(id);
  await page.getByRole('option', { name: 'Office' }).waitFor({ state: 'detached' });
  await showItem(page, id);
  await page.getByText('This connection was removed elsewhere.').waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'Half typed');
  assert.equal(await page.getByLabel('Mailbox').count(), 0);
  await page.getByRole('button', { name: 'Connect anew with it' }).click();
  await page.getByRole('heading', { name: 'Connect to Forge' }).waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'Half typed');
  await setting.finish(window);
});

test('a form that one has left says in the status line that it was not saved, and why', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  await connect(setting, 'acme.forge', 'Office');
  await setting.room.secrets.create({ name: 'taken', kind: 'custom', value: canary() });
  const window = await setting.open();
  const { page } = window;
  const status = page.locator('.toast[role=status]');
  let release = await hold(page, 'secrets.create');
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('taken');
  await page.getByLabel('Value', { exact: true }).fill(canary());
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Saving…' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add secret' }).click();
  release();
  await status.getByText('taken was not saved. Another secret has this name.').waitFor();
  assert.equal(await status.locator('circle').count(), 0, 'without the sign for what was done');
  assert.equal(await page.getByRole('dialog').getByText('Another secret').count(), 0);
  await page.keyboard.press('Escape');
  await page.unrouteAll({ behavior: 'wait' });

  release = await hold(page, 'connections.create', 'KEYRING_LOCKED');
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.getByRole('button', { name: 'Add connection' }).click();
  await page.getByRole('button', { name: 'Forge' }).click();
  await page.getByLabel('Forge token').fill(canary());
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: 'Connecting…' }).waitFor();
  await page.getByRole('option', { name: 'Office' }).click();
  await page.locator('h2', { hasText: 'Office' }).waitFor();
  release();
  await status.getByText('Forge was not saved. The system keyring is locked.').waitFor();
  await page.unrouteAll({ behavior: 'wait' });

  release = await hold(page, 'connections.update', 'BUSY');
  await page.getByLabel('Note').fill('Half typed');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('button', { name: 'Saving…' }).waitFor();
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  release();
  await status.getByText('Office was not saved. The store is busy.').waitFor();
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.getByRole('alert').getByText('The store is busy.').waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'Half typed');
  await page.unrouteAll({ behavior: 'wait' });

  release = await hold(page, 'connections.setSecret', 'BUSY');
  const replace = async (): Promise<void> => {
    await page.getByLabel('Forge token', { exact: true }).fill(canary());
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Saving…' }).first().waitFor();
  };
  await page.getByRole('button', { name: 'Replace Forge token' }).click();
  await replace();
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  release();
  const unsaved = status.getByText('Forge token of Office was not saved. The store is busy.');
  await unsaved.waitFor();
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.locator('form.secret').getByRole('alert').getByText('The store is busy.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 1, 'it is said of the secret alone');
  await page.unrouteAll({ behavior: 'wait' });
  release = await hold(page, 'connections.setSecret', 'BUSY');
  await replace();
  await page.locator('form.secret').getByRole('button', { name: 'Cancel' }).click();
  await page.locator('form.secret').waitFor({ state: 'detached' });
  release();
  await unsaved.waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  await setting.finish(window);
});

test('a connection that one looks at again before it was saved is not taken for one that somebody else changed', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const id = await connect(setting, 'acme.forge', 'Office');
  await connect(setting, 'acme.forge', 'Post');
  const window = await setting.open({}, 'strongroom-connection-details h2', `connections&item=${id}`);
  const { page } = window;
  const note = page.getByLabel('Note');
  const look = async (name: string): Promise<void> => {
    await page.getByRole('option', { name }).click();
    await page.locator('h2', { hasText: name }).waitFor();
  };
  for (const [text, more] of [
    ['first', ''],
    ['second', ' and more'],
  ] as const) {
    const release = await hold(page, 'connections.update');
    await note.fill(text);
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('button', { name: 'Saving…' }).waitFor();
    await look('Post');
    await look('Office');
    await note.fill(text + more);
    release();
    await page.getByText('Office was saved.').waitFor();
    assert.equal((await setting.room.connections.get(id)).fields.note, text);
    assert.equal(await page.getByText('was changed elsewhere').count(), 0);
    assert.equal(await note.inputValue(), text + more);
    assert.equal(await page.getByText('not saved yet').count(), more === '' ? 0 : 1);
    await page.unrouteAll({ behavior: 'wait' });
    // What was said goes with the page.
    await page.getByRole('button', { name: 'Audit', exact: true }).click();
    await page.getByText('Office was saved.').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Connections', exact: true }).click();
  }
  // It goes on from what was saved.
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('not saved yet').waitFor({ state: 'detached' });
  assert.equal((await setting.room.connections.get(id)).fields.note, 'second and more');
  await setting.finish(window);
});

test('what is saved again from a panel or dialog opened anew, before the first saving is over, is no conflict', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kForge);
  const id = await connect(setting, 'acme.forge', 'Office');
  await connect(setting, 'acme.forge', 'Post');
  const { id: secretId } = await setting.room.secrets.create({ name: 'shared', kind: 'custom', value: canary() });
  const window = await setting.open({}, 'strongroom-connection-details h2', `connections&item=${id}`);
  const { page } = window;
  const saving = page.getByRole('button', { name: 'Saving…' });
  let release = await hold(page, 'connections.update');
  const save = async (note: string): Promise<void> => {
    await page.getByLabel('Note').fill(note);
    await page.getByRole('button', { name: 'Save changes' }).click();
    await saving.waitFor();
  };
  await save('first');
  for (const name of ['Post', 'Office']) {
    await page.getByRole('option', { name }).click();
    await page.locator('h2', { hasText: name }).waitFor();
  }
  await save('second');
  release();
  await saving.waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('dialog', { name: 'Changed meanwhile' }).count(), 0);
  assert.equal((await setting.room.connections.get(id)).fields.note, 'second');
  assert.equal(await page.getByLabel('Note').inputValue(), 'second');
  assert.equal(await page.getByText('not saved yet').count(), 0);
  await page.unrouteAll({ behavior: 'wait' });

  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  release = await hold(page, 'secrets.update');
  const edit = async (label: string, text: string): Promise<void> => {
    await page.getByRole('button', { name: 'Edit shared' }).click();
    await page.getByRole('textbox', { name: label }).first().fill(text);
    await page.keyboard.press('Enter');
    await saving.waitFor();
  };
  await edit('Environment key', 'SHARED');
  await page.keyboard.press('Escape');
  await edit('Name', 'renamed');
  release();
  await page.getByText('The changes to renamed were saved.').waitFor();
  const { name, envKey } = await setting.room.secrets.get(secretId);
  assert.deepEqual([name, envKey], ['renamed', 'SHARED']);
  await page.unrouteAll({ behavior: 'wait' });
  await setting.finish(window);
});
