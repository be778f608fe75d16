import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { newCanary } from '../host/support.js';
import { addConnections, ask } from './access-support.js';
import { assertAccessible, assertNothingCutOff, focused, Setting, SharedBrowser, tab } from './support.js';

const shared = new SharedBrowser();

/** The states of connections, of consent and of the Access page; from the Secrets page and back to none in particular. */
async function visitAccess(setting: Setting, page: Page, look: (where: string) => Promise<void>): Promise<void> {
  const open = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Allow access?' });
  await open('Access');
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();
  await look('no decisions');
  await open('Connections');
  await page.locator('strongroom-connections-page').waitFor();
  await look('no connections');
  const { connections } = await addConnections(
    setting,
    'A rather long name of a connection, as people write them',
    'Other',
  );
  await page.getByText('2 connections').waitFor();
  await look('connections');
  await open('Secrets');
  await page.getByLabel('Kind').selectOption('connection');
  await page.getByRole('button', { name: /^Details of Access token of Other/ }).click();
  await look('secrets of connections');
  await page.getByLabel('Kind').selectOption('');

  const why = `Because \u202e it needs to ${'write a long reason and '.repeat(8)}`;
  const outcomes = [
    ask(setting, connections[0], 'publisher.extension-with-a-rather-long-name', why),
    ask(setting, connections[0], 'publisher.extension-with-a-rather-long-name', why),
    ask(setting, connections[1], 'acme.deploy', 'Publish', 'tool'),
    ask(setting, connections[1], 'acme.other', 'Publish'),
  ];
  await dialog.getByText('1 of 3').waitFor();
  await look('consent, not to be allowed yet');
  await dialog.locator('.allow[aria-disabled=false]').first().waitFor();
  await look('consent');
  await page.route('**/ipc', async (route) => {
    const error = { code: 'BUSY', message: 'cannot' };
    const refuse = route.request().postData()?.includes('consent.respond');
    await (refuse ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.getByRole('alert').waitFor();
  await look('consent, answer refused');
  await page.unroute('**/ipc');
  await dialog.getByRole('button', { name: 'Always allow' }).click();
  await dialog.getByText('2 of 3').waitFor();
  await dialog.getByRole('button', { name: 'Allow once' }).click();
  await dialog.getByText('3 of 3').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await open('Access');
  await page.getByText('acme.other asks for').waitFor();
  await look('a request waits');
  await page.getByRole('button', { name: 'Answer acme.other' }).click();
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  for (let times = 0; times < 2; times += 1) {
    outcomes.push(ask(setting, connections[1], 'acme.other', 'Publish'));
    await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  await Promise.all(outcomes);
  await page.getByRole('region', { name: 'Silenced for a while' }).waitFor();
  await page.getByText('2 decisions').waitFor();
  await look('decisions by who may, someone silenced');
  await page.getByRole('radio', { name: 'Connection' }).check({ force: true });
  await look('decisions by connection');
  await page.getByRole('searchbox').fill('nothing');
  await look('no decision matches');
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Revoke all', exact: true }).click();
  await page.getByRole('alertdialog').waitFor();
  await look('revoking all');
  await page.keyboard.press('Escape');
}

function turn(page: Page, direction: string): Promise<void> {
  return page.evaluate((dir) => {
    const element = document.querySelector<HTMLElement>('strongroom-settings');
    if (element) element.dir = dir;
  }, direction);
}

/** Asserts that no table is wider than the card around it, which would cut it off. */
async function assertTablesFit(page: Page, where: string): Promise<void> {
  const cut = await page.evaluate(() => {
    const found: string[] = [];
    const walk = (root: Document | ShadowRoot): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot !== null) walk(element.shadowRoot);
        const table = element.matches('.card') ? element.querySelector('table') : null;
        if (table === null || !table.checkVisibility()) continue;
        const over = table.getBoundingClientRect().width - element.getBoundingClientRect().width;
        if (over > 0.5) found.push(`${table.ariaLabel}: ${over}`);
      }
    };
    walk(document);
    return found;
  });
  assert.deepEqual(cut, [], where);
}

/** Leads a window through every page and state, and calls `look` in each. */
async function visitEverything(setting: Setting, page: Page, look: (where: string) => Promise<void>): Promise<void> {
  const dialog = page.getByRole('dialog');
  const closeDialog = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  };
  await look('no secrets');
  const { id } = await setting.room.secrets.create({
    name: 'A rather long name of a secret, as people write them when nobody stops them',
    kind: 'managed_private_key',
    value: newCanary(),
    envKey: 'A_RATHER_LONG_ENVIRONMENT_KEY_AS_PROGRAMS_HAVE_THEM_WHEN_THEY_GROW',
    metadata: { owner: 'Release team', description: 'Signs what is released to customers'.repeat(4) },
  });
  await setting.room.secrets.create({ name: 'Plain', kind: 'api_key', value: newCanary() });
  await page.locator('tr.row').nth(1).waitFor();
  await page.getByRole('button', { name: /^Details of A rather/ }).click();
  await look('secrets with details and a notice');
  await page.getByRole('searchbox').fill('nothing');
  await look('no match');
  await page.getByRole('searchbox').fill('');
  await page.getByLabel('Select all shown').check();
  await look('secrets selected');
  await page.getByRole('button', { name: 'Remove selected' }).click();
  await page.getByRole('alertdialog').waitFor();
  await look('removing several');
  await page.route('**/ipc', async (route) => {
    const error = { code: 'BUSY', message: 'cannot' };
    const refuse = route.request().postData()?.includes('secrets.delete');
    await (refuse ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('2 of them failed:').waitFor();
  await look('removing several failed');
  await page.unroute('**/ipc');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear selection' }).click();

  await page.getByRole('button', { name: 'Add secret' }).click();
  await look('adding');
  await page.getByLabel('Environment key').fill('wrong');
  await page.getByRole('button', { name: 'Add line' }).click();
  await page.getByLabel('Value of line 1').fill('without key');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Enter a name.').waitFor();
  await look('adding, with errors');
  await closeDialog();
  await page.getByRole('button', { name: /^Replace the value of A rather/ }).click();
  await look('replacing');
  await closeDialog();
  await page.getByRole('button', { name: /^Edit A rather/ }).click();
  await look('editing');
  await setting.room.secrets.update(id, { envKey: 'OVERTAKEN' });
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Changed meanwhile').waitFor();
  await look('conflict');
  await closeDialog();
  await page.getByRole('button', { name: 'Remove Plain' }).click();
  await look('removing');
  await page.getByRole('button', { name: 'Cancel' }).click();

  await setting.room.secrets.use(
    id,
    { reason: 'A reason that somebody took the time to write down in full' },
    () => undefined,
  );
  await visitAccess(setting, page, look);
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('row', { name: /Use value/ }).waitFor();
  await page.getByRole('button', { name: 'Show as table' }).click();
  await look('days as a table');
  await page.getByRole('button', { name: 'Show as chart' }).click();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('dialog', { name: 'Export the audit log' }).waitFor();
  await look('export');
  await closeDialog();
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict]').waitFor();
  await page
    .getByRole('button', { name: /Details of entry/ })
    .first()
    .click();
  await look('audit with verdict and details');
  await page.getByLabel('Actor').fill('nobody');
  await page.getByText('Nothing matches.').waitFor();
  await look('audit without a match');

  await setting.room.lock();
  await page.locator('.note.locked').waitFor();
  await look('locked');
  await setting.host.close();
  await page.getByRole('alert').getByText('Strongroom does not answer.').waitFor();
  await look('host gone');
}

test('axe-core finds nothing on any page or state, light and dark', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  await visitEverything(setting, page, async (where) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await assertAccessible(page, `${where}, ${colorScheme}`);
    }
  });
});

for (const [where, options, direction] of [
  ['320 px', { viewport: { width: 320, height: 640 } }, 'ltr'],
  ['320 px, right to left', { viewport: { width: 320, height: 640 } }, 'rtl'],
  ['a window of 1280 px at 200 %', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, 'ltr'],
  ['900 px', { viewport: { width: 900, height: 700 } }, 'ltr'],
] as const) {
  test(`nothing is cut off at ${where}`, async (t) => {
    const setting = await Setting.make(t, shared);
    const { page } = await setting.open(options);
    await turn(page, direction);
    await visitEverything(setting, page, async (state) => {
      await assertNothingCutOff(page, `${state}, ${where}`);
      await assertTablesFit(page, `${state}, ${where}`);
    });
  });
}

test('right to left mirrors the layout', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const place = async (): Promise<number> => (await page.getByRole('navigation').boundingBox())?.x ?? Number.NaN;
  assert.ok((await place()) < 300);
  await turn(page, 'rtl');
  assert.ok((await place()) > 880);
  await setting.finish(window);
});

test('landmarks and headings lead through the page', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Row', kind: 'api_key', value: newCanary() });
  // Laid out as cards, the table is still a table.
  for (const viewport of [
    { width: 1180, height: 760 },
    { width: 320, height: 640 },
  ]) {
    const window = await setting.open({ viewport });
    const { page } = window;
    await page.getByRole('navigation', { name: 'Settings pages' }).waitFor();
    await page.getByRole('main').waitFor();
    await page.getByRole('banner').waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Secrets');
    assert.equal(await page.getByRole('button', { name: 'Secrets' }).getAttribute('aria-current'), 'page');
    const table = page.getByRole('table', { name: 'Secrets' });
    assert.deepEqual(
      (await table.getByRole('columnheader').allInnerTexts()).map((text) => text.trim()),
      ['Name', 'Environment key', 'Version', 'Updated', 'Last used', 'Actions'],
    );
    assert.equal(await table.getByRole('row').count(), 2);
    assert.equal(await table.getByRole('cell').count(), 6);
    await setting.finish(window);
  }
});

test('everything can be done with the keyboard alone', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const { keyboard } = page;
  const tabTo = async (name: string | RegExp, key = 'Tab'): Promise<void> => {
    const passed: string[] = [];
    for (let stops = 0; stops < 30; stops += 1) {
      const at = await tab(page, key);
      if (typeof name === 'string' ? at === name : name.test(at)) return;
      passed.push(at);
    }
    assert.fail(`${name} was not reached; passed ${passed.join(' | ')}`);
  };

  await tabTo('Secrets');
  assert.equal(await tab(page), 'Access');
  assert.equal(await tab(page), 'Audit');
  await tabTo('Add secret');
  await keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal(await focused(page), 'Name');
  await keyboard.type('From the keyboard');
  await tabTo('Kind');
  await keyboard.press('ArrowDown');
  await tabTo(/^Environment key/);
  await keyboard.type('KEYBOARD');
  await tabTo('Value');
  const canary = newCanary();
  await keyboard.type(canary);
  await tabTo('Add line');
  await keyboard.press('Space');
  assert.equal(await focused(page), 'Key of line 1');
  await keyboard.type('owner');
  await tab(page);
  await keyboard.type('me');
  // The focus stays inside the dialog, or goes to the browser's own controls; never to the page behind it.
  for (let stops = 0; stops < 14; stops += 1) assert.ok(!['Audit', 'Secrets'].includes(await tab(page)));
  await page.getByLabel('Name', { exact: true }).focus();
  await keyboard.press('Enter');
  await page.getByText('From the keyboard was saved.').waitFor();
  const info = await setting.room.secrets.getByEnvKey('KEYBOARD');
  assert.equal(info.kind, 'service_token');
  assert.equal(await setting.room.secrets.reveal(info.id, { reason: 'test' }), canary);

  assert.equal(await focused(page), 'Details of From the keyboard');
  await keyboard.press('Enter');
  await page.getByText(info.id).waitFor();
  assert.equal(await tab(page), 'Copy the name KEYBOARD');
  assert.equal(await tab(page), 'Replace the value of From the keyboard');
  await keyboard.press('Space');
  await page.getByRole('dialog').waitFor();
  assert.equal(await focused(page), 'New value');
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Replace the value of From the keyboard');
  assert.equal(await tab(page), 'Edit From the keyboard');
  assert.equal(await tab(page), 'Remove From the keyboard');
  await keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor();
  assert.equal(await focused(page), 'Cancel');
  assert.equal(await tab(page), 'Remove');
  await keyboard.press('Enter');
  await page.getByText('From the keyboard was removed.').waitFor();
  assert.equal(await focused(page), 'Secrets');

  const { connections } = await addConnections(setting, 'Work account');
  const outcome = ask(setting, connections[0]);
  const dialog = page.getByRole('dialog', { name: 'Allow access?' });
  await dialog.waitFor();
  assert.equal(await focused(page), 'Deny');
  for (const name of ['Always deny', 'Allow once', 'Always allow']) assert.equal(await tab(page), name);
  await dialog.locator('.allow[aria-disabled=false]').first().waitFor();
  await keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(typeof (await outcome), 'object');
  assert.equal(await focused(page), 'Secrets', 'the focus goes back to where it was');
  await tabTo('Access', 'Shift+Tab');
  await keyboard.press('Enter');
  await page.getByText('1 decision', { exact: true }).waitFor();
  await tabTo('Who');
  await keyboard.press('ArrowRight');
  await page.getByRole('button', { name: 'Work account', exact: true }).waitFor();
  await tabTo(/^Revoke Access token of Work account/);
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();
  assert.deepEqual((await setting.room.access.grants()).items, []);

  await tabTo('Audit', 'Shift+Tab');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await page.getByRole('row', { name: /Remove secret/ }).waitFor();
  assert.equal(await focused(page), 'Audit');
  await tabTo('Verify log');
  await keyboard.press('Space');
  await page.locator('[data-verdict=ok]').waitFor();
  await tabTo(/Details of entry/);
  await keyboard.press('Enter');
  await page.locator('dl.facts').waitFor();
  await setting.finish(window);
});

test('the focus is always to be seen', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  for (let stops = 0; stops < 4; stops += 1) {
    const name = await tab(page);
    const outline = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element === null || element === document.body ? '' : getComputedStyle(element).outline;
    });
    if (name !== '(nothing)') assert.match(outline, /solid 2px|2px solid/, name);
  }
  await setting.finish(window);
});

test('animations stop for those who ask for less motion', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open({ reducedMotion: 'reduce' });
  const { page } = window;
  await setting.room.secrets.create({ name: 'Still', kind: 'api_key', value: newCanary() });
  const chevron = page.locator('.chevron').first();
  await chevron.waitFor();
  assert.match(await chevron.evaluate((element) => getComputedStyle(element).transition), /^none/);
  await setting.finish(window);
});
