import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { ConsentDecision } from '../../contracts/index.js';
import { addConnections, ask, type Outcome } from './access-support.js';
import { assertNowhere, focused, Setting, SharedBrowser, shownOn, type Window, waitForFocus } from './support.js';

const shared = new SharedBrowser();

async function openAccess(setting: Setting): Promise<Window> {
  const window = await setting.open();
  await window.page.getByRole('button', { name: 'Access', exact: true }).click();
  await window.page.locator(shownOn('strongroom-access-page')).first().waitFor();
  return window;
}

/** Asks, and answers as a person would through the core. */
async function decide(
  setting: Setting,
  decision: ConsentDecision,
  ...request: Parameters<typeof ask> extends [unknown, ...infer Rest] ? Rest : never
): Promise<Outcome> {
  const outcome = ask(setting, ...request);
  let waiting = (await setting.room.access.pending()).items;
  while (waiting.length === 0) waiting = (await setting.room.access.pending()).items;
  await setting.room.access.respond(waiting[0]?.id ?? '', decision);
  return await outcome;
}

/** The rows as they are read: group headings and decisions, without times. */
const rowsOf = (page: Page): Promise<string[]> =>
  page
    .locator('tr.group .text, tr.row td:first-child, tr.row .decision')
    .evaluateAll((cells) =>
      cells.map((cell) => (cell as HTMLElement).innerText.replace(/\s+/g, ' ').replaceAll(' · ', ' ').trim()),
    );

test('decisions stand by who may and by connection, those for a single use too', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections, canaries } = await addConnections(setting, 'Work account', 'Private account');
  const window = await openAccess(setting);
  const { page } = window;
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();

  // The page follows what is decided elsewhere.
  await decide(setting, 'allow-always', connections[0], 'octo.notes', 'Sync your notes');
  await decide(setting, 'deny-always', connections[1], 'octo.notes', 'Sync your notes');
  await decide(setting, 'allow-once', connections[0], 'acme.deploy', 'Publish release 4.2', 'tool');
  await page.getByText('3 decisions').waitFor();
  assert.deepEqual(await rowsOf(page), [
    'acme.deploy Tool',
    'Work account Access token',
    'Allowed once',
    'octo.notes Extension',
    'Private account Access token',
    'Always denied',
    'Work account Access token',
    'Always allowed',
  ]);
  await page.getByRole('radio', { name: 'Connection' }).check({ force: true });
  assert.deepEqual(await rowsOf(page), [
    'Private account Octo Git',
    'octo.notes Access token Extension',
    'Always denied',
    'Work account Octo Git',
    'acme.deploy Access token Tool',
    'Allowed once',
    'octo.notes Access token Extension',
    'Always allowed',
  ]);
  const once = page.getByRole('row', { name: /Allowed once/ });
  assert.match(await once.innerText(), /until .*\d\d:\d\d/);
  await once.getByText('Publish release 4.2').waitFor();

  await page.getByRole('searchbox', { name: 'Search decisions' }).fill('notes denied');
  await page.getByText('1 of 3 decisions').waitFor();
  await page.getByRole('searchbox').fill('nobody');
  await page.getByText('Nothing matches.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText('3 decisions').waitFor();
  for (const canary of canaries) await assertNowhere(window, canary);
  await setting.finish(window);
});

test('who begins to wait, and who is answered elsewhere, is seen at once', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await openAccess(setting);
  const { page } = window;
  const outcome = ask(setting, connections[0]);
  await page.getByRole('dialog', { name: 'Allow access?' }).waitFor();
  await page.keyboard.press('Escape');
  const waiting = page.getByRole('region', { name: 'Waiting for your answer' });
  await waiting.getByText('octo.notes asks for Access token of Work account').waitFor();
  assert.match(await waiting.innerText(), /Sync the notes of your repositories Counts as denied in [12]:\d\d/);
  const [request] = (await setting.room.access.pending()).items;
  await setting.room.access.respond(request?.id ?? '', 'deny');
  await waiting.waitFor({ state: 'detached' });
  assert.equal(await outcome, 'CONSENT_DENIED');
  await setting.finish(window);
});

test('whoever answers a request from the page goes on at the heading', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const outcome = ask(setting, connections[0]);
  const window = await setting.open({}, 'strongroom-access-page h1', 'access');
  const { page } = window;
  const dialog = page.getByRole('dialog', { name: 'Allow access?' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Answer octo.notes' }).focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await outcome, 'CONSENT_DENIED');
  await page.getByText('octo.notes asks for').waitFor({ state: 'detached' });
  await waitForFocus(page, 'Access');
  await setting.finish(window);
});

test('what is revoked ends at once: one decision, all of one, all', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account', 'Private account');
  const handles = new Map<string, string>();
  for (const who of ['octo.notes', 'octo.other']) {
    for (const connection of connections) {
      const outcome = await decide(setting, 'allow-always', connection, who);
      assert.ok(typeof outcome === 'object');
      handles.set(`${who} ${connection.displayName}`, outcome.handle);
    }
  }
  const works = async (key: string): Promise<boolean> =>
    await setting.room.access.redeem(handles.get(key) ?? '', { reason: 'test' }, () => true).catch(() => false);
  assert.equal(await works('octo.notes Work account'), true);
  const window = await openAccess(setting);
  const { page } = window;
  await page.getByText('4 decisions').waitFor();

  await page.getByRole('button', { name: 'Revoke Access token of Private account for octo.notes' }).click();
  await page.getByText('Revoked: octo.notes has to ask again for Access token of Private account.').waitFor();
  assert.equal(await focused(page), 'Revoke Access token of Work account for octo.notes');
  assert.equal(await works('octo.notes Private account'), false);
  assert.equal(await works('octo.notes Work account'), true);

  await page.getByRole('button', { name: 'Revoke all of octo.other' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Revoke 2 decisions?' });
  await dialog.waitFor();
  assert.equal(await focused(page), 'Cancel');
  await dialog.getByText('octo.other: Work account · Access token').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await focused(page), 'Revoke all of octo.other');
  assert.equal((await setting.room.access.grants()).items.length, 3);
  await page.getByRole('button', { name: 'Revoke all of octo.other' }).click();
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('2 decisions were revoked.').waitFor();
  assert.equal(await works('octo.other Work account'), false);
  await page.getByText('1 decision', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Revoke all', exact: true }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();
  assert.equal(await focused(page), 'Access');
  assert.deepEqual((await setting.room.access.grants()).items, []);
  await setting.finish(window);
});

test('a decision that cannot be revoked stays, says why, and can be tried again', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account', 'Private account');
  for (const connection of connections) await decide(setting, 'allow-always', connection);
  const window = await openAccess(setting);
  const { page } = window;
  const [refused] = (await setting.room.access.grants()).items;
  await page.route('**/ipc', async (route) => {
    const body = route.request().postData() ?? '';
    const error = { code: 'BUSY', message: 'cannot' };
    const refuse = body.includes('grants.revoke') && body.includes(refused?.id ?? '?');
    await (refuse ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await page.getByRole('button', { name: 'Revoke Access token of Work account for octo.notes' }).click();
  await page.getByRole('alert').getByText('The store is busy.').waitFor();
  await page.getByRole('button', { name: 'Revoke all', exact: true }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await dialog.getByText('1 of them failed:').waitFor();
  await dialog.getByText('octo.notes: Work account · Access token: The store is busy.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).waitFor();
  assert.equal(await focused(page), 'Close');
  await page.unroute('**/ipc');
  await dialog.getByRole('button', { name: 'Try these again' }).click();
  await page.getByText('2 decisions were revoked.').waitFor();
  assert.deepEqual((await setting.room.access.grants()).items, []);
  await setting.finish(window);
});

test('whoever was denied too often is silenced, and may be let ask again', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await openAccess(setting);
  const { page } = window;
  for (let times = 0; times < 3; times += 1)
    await decide(setting, 'deny', connections[0], 'octo.pushy', `Please ${times}`);
  const silenced = page.getByRole('region', { name: 'Silenced for a while' });
  await silenced.getByText('octo.pushy').waitFor();
  assert.match(await silenced.innerText(), /Work account\s+until /);
  assert.equal(await ask(setting, connections[0], 'octo.pushy'), 'CONSENT_DENIED');
  assert.deepEqual((await setting.room.access.pending()).items, [], 'nobody was asked');
  await silenced.getByRole('button', { name: 'End silence of octo.pushy for Work account' }).click();
  await page.getByText('octo.pushy may ask again.').waitFor();
  await silenced.waitFor({ state: 'detached' });
  const outcome = ask(setting, connections[0], 'octo.pushy');
  await page.getByRole('dialog', { name: 'Allow access?' }).getByRole('button', { name: 'Deny', exact: true }).click();
  assert.equal(await outcome, 'CONSENT_DENIED');
  await setting.finish(window);
});

test('a connection that goes takes its decisions along', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account', 'Private account');
  for (const connection of connections) await decide(setting, 'allow-always', connection);
  const window = await openAccess(setting);
  const { page } = window;
  await page.getByText('2 decisions').waitFor();
  await setting.room.connections.update(connections[0]?.id ?? '', {
    displayName: 'Office',
    revision: connections[0]?.revision ?? 0,
  });
  await page.getByRole('row', { name: /Office/ }).waitFor();
  await setting.room.connections.delete(connections[0]?.id ?? '');
  await page.getByText('1 decision', { exact: true }).waitFor();
  await setting.finish(window);
});

test('decisions that cannot be loaded say why and can be asked for again', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.route('**/ipc', async (route) => {
    const list = route.request().postData()?.includes('grants.list');
    const error = { code: 'BUSY', message: 'cannot' };
    await (list ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await page.getByRole('button', { name: 'Access', exact: true }).click();
  await page.getByRole('heading', { name: 'The decisions could not be loaded.' }).waitFor();
  await page.getByText('The store is busy.').waitFor();
  await page.unroute('**/ipc');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();
  await setting.finish(window);
});
