import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { en } from '../../js/settings/messages.js';
import { de } from '../../js/settings/messages-de.js';
import { newCanary } from '../host/support.js';
import { addConnections, ask } from './access-support.js';
import { assertNothingCutOff, Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();

type Element = HTMLElement & { lang: string; dir: string };

test('German says everything that English says, with the same placeholders', () => {
  const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  const own = new Set(['Strongroom', 'Name', 'Version', 'Code', 'Hash', 'Id', 'Status', 'Filter', 'Format', 'Export']);
  for (const [key, text] of Object.entries(en)) {
    const translated = (de as Readonly<Record<string, string>>)[key] ?? '';
    assert.deepEqual(placeholders(translated), placeholders(text), key);
    assert.ok(/^[^a-z]*$|\{/.test(text) || own.has(text) || translated !== text, `${key} is not translated`);
  }
});

function speak(page: Page, lang: string): Promise<void> {
  return page.evaluate((tag) => {
    const element = document.querySelector<Element>('strongroom-settings');
    if (element) element.lang = tag;
  }, lang);
}

test('the language is switched in place: what was typed stays, dates and numbers follow', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Deploy key', kind: 'ssh_key', value: newCanary() });
  const window = await setting.open();
  const { page } = window;
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Half typed');
  await speak(page, 'de-AT');
  await page.getByRole('heading', { name: 'Geheimnis hinzufügen' }).waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Half typed');
  await page.keyboard.press('Escape');
  await speak(page, 'en');
  await page.getByRole('button', { name: 'Remove Deploy key' }).click();
  await page.getByRole('alertdialog', { name: 'Remove Deploy key?' }).waitFor();
  await speak(page, 'de-AT');
  const question = page.getByRole('alertdialog', { name: 'Deploy key entfernen?' });
  await question.getByRole('button', { name: 'Entfernen', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('navigation', { name: 'Seiten der Einstellungen' }).waitFor();
  await page.getByText('jetzt', { exact: true }).first().waitFor();
  assert.equal(await page.locator('.shell').getAttribute('lang'), 'de-AT');
  await speak(page, 'en');
  await page.getByRole('button', { name: 'Add secret' }).waitFor();
  await page.getByText('now', { exact: true }).first().waitFor();
  assert.ok(window.traffic.urls.some((url) => url.endsWith('/messages-de.js')));
  await setting.finish(window);
});

test('what went wrong is said in the language that one switches to', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Deploy key', kind: 'ssh_key', value: newCanary() });
  const window = await setting.open();
  const { page } = window;
  await page.route('**/ipc', async (route) => {
    const fails = /"channel":"(secrets\.delete|audit\.(verify|days))"/.test(route.request().postData() ?? '');
    await (fails ? route.fulfill({ json: { ok: false, error: { code: 'BUSY', message: '' } } }) : route.continue());
  });
  const said = (language: 'en' | 'de'): Locator =>
    page.getByText(language === 'en' ? en['error.BUSY'] : de['error.BUSY']);
  await page.getByRole('button', { name: 'Remove Deploy key' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await said('en').waitFor();
  await speak(page, 'de');
  await said('de').waitFor();
  await page.keyboard.press('Escape');
  await speak(page, 'en');
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('button', { name: 'Verify log' }).click();
  await said('en').nth(1).waitFor();
  await speak(page, 'de');
  await said('de').nth(1).waitFor();
  assert.equal(await said('en').count(), 0);
  await setting.finish(window);
});

test('English loads no other language, and a language that is not there changes nothing', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.evaluate(() => {
    const element = document.querySelector<Element>('strongroom-settings');
    if (element) element.lang = 'tlh';
  });
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  assert.ok(window.traffic.urls.every((url) => !url.includes('messages-')));
  await setting.finish(window);
});

test('the direction follows the language, unless it is set', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const place = async (): Promise<number> => (await page.getByRole('navigation').boundingBox())?.x ?? Number.NaN;
  const set = (name: 'dir', value: string): Promise<void> =>
    page.evaluate(
      ([property, wanted]) => {
        const element = document.querySelector<Element>('strongroom-settings');
        if (element) element[property] = wanted;
      },
      [name, value] as const,
    );
  // An app's own catalogue: what it lacks is shown in English.
  await page.evaluate(async () => {
    const module = '/strongroom-settings.js';
    const { useMessages } = (await import(module)) as typeof import('../../js/settings/messages.js');
    useMessages({ 'page.secrets': 'סודות' }, 'he');
  });
  await page.getByRole('heading', { name: 'סודות' }).waitFor();
  assert.ok((await place()) > 880);
  await set('dir', 'ltr');
  assert.ok((await place()) < 300);
  await set('dir', 'rtl');
  assert.ok((await place()) > 880);
  await setting.finish(window);
});

test('the page of the host speaks the language of the browser, where it can', async (t) => {
  const setting = await Setting.make(t, shared);
  const german = await setting.open({ locale: 'de-CH' });
  await german.page.getByRole('heading', { name: 'Noch keine Geheimnisse' }).waitFor();
  assert.equal(await german.page.locator('html').getAttribute('lang'), 'de-CH');
  const finnish = await setting.open({ locale: 'fi-FI' });
  await finnish.page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  assert.equal(await finnish.page.locator('html').getAttribute('lang'), 'en');
  await setting.finish(german);
  await setting.finish(finnish);
});

test('German, which is longer, fits at 320 px', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Deploy key', kind: 'managed_private_key', value: newCanary() });
  const { connections } = await addConnections(setting, 'Dienstkonto');
  const window = await setting.open({ locale: 'de-DE', viewport: { width: 320, height: 640 } });
  const { page } = window;
  await page.getByLabel('Deploy key auswählen').check();
  await page.getByText('1 ausgewählt').waitFor();
  await assertNothingCutOff(page, 'secrets');
  await page.getByRole('button', { name: 'Geheimnis hinzufügen' }).click();
  await assertNothingCutOff(page, 'adding');
  await page.keyboard.press('Escape');
  const outcome = ask(setting, connections[0]);
  const dialog = page.getByRole('dialog', { name: 'Zugriff erlauben?' });
  await dialog.getByRole('button', { name: 'Immer erlauben' }).and(page.locator('[aria-disabled=false]')).waitFor();
  await assertNothingCutOff(page, 'consent');
  await dialog.getByRole('button', { name: 'Immer erlauben' }).click();
  await outcome;
  for (const [name, until] of [
    ['Zugriff', 'strongroom-access-page tr.row'],
    ['Protokoll', 'strongroom-audit-page tr.row'],
    ['Verbindungen', 'strongroom-connections-page [aria-busy=false] .count'],
  ] as const) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator(until).first().waitFor();
    await assertNothingCutOff(page, name);
  }
  await setting.finish(window);
});
