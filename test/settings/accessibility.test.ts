import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { newCanary } from '../host/support.js';
import { assertAccessible, assertNothingCutOff, focused, Setting, SharedBrowser, tab } from './support.js';

const shared = new SharedBrowser();

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
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('row', { name: /Use value/ }).waitFor();
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict]').waitFor();
  await page
    .getByRole('button', { name: /Details of entry/ })
    .first()
    .click();
  await look('audit with verdict and details');
  await page.getByLabel('Outcome').selectOption('denied');
  await page.getByText('No entry matches.').waitFor();
  await look('audit without a match');

  await setting.room.lock();
  await page.locator('[data-state=locked]').waitFor();
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
    await page.evaluate((dir) => {
      document.documentElement.dir = dir;
    }, direction);
    await visitEverything(setting, page, (state) => assertNothingCutOff(page, `${state}, ${where}`));
  });
}

test('right to left mirrors the layout', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const place = async (): Promise<number> => (await page.getByRole('navigation').boundingBox())?.x ?? Number.NaN;
  assert.ok((await place()) < 300);
  await page.evaluate(() => {
    document.documentElement.dir = 'rtl';
  });
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
