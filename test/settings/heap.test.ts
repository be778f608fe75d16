import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CDPSession } from 'playwright-core';
import { formFound, newCanary } from '../host/support.js';
import { addConnections, ask, kProvider } from './access-support.js';
import { assertNowhere, Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();

/** Everything that the page's JavaScript can still reach, as text. The browser collects garbage before it looks. */
async function heapOf(cdp: CDPSession): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const take = ({ chunk }: { chunk: string }): void => {
    chunks.push(Buffer.from(chunk));
  };
  cdp.on('HeapProfiler.addHeapSnapshotChunk', take);
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: false });
  cdp.off('HeapProfiler.addHeapSnapshotChunk', take);
  return Buffer.concat(chunks);
}

test('after a walk through everything no value is left in the page: heap, document, storage, caches, console, traffic', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.providers.register(kProvider);
  const window = await setting.open();
  const { page } = window;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.enable');
  const canaries: string[] = [];
  // Typed key by key, as a person does: a canary in a script of the test's own would be found in the page's sources.
  const type = async (label: string): Promise<void> => {
    const canary = newCanary();
    canaries.push(canary);
    await page.getByLabel(label, { exact: true }).click();
    await page.keyboard.insertText(canary);
  };

  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('GitHub');
  await page.getByLabel('Environment key').fill('GITHUB_TOKEN');
  await type('Value');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('GitHub was saved.').waitFor();
  await page.getByRole('button', { name: 'Replace the value of GitHub' }).click();
  await type('New value');
  await page.getByRole('dialog').getByRole('button', { name: 'Replace value' }).click();
  await page.getByText('it is now version 2').waitFor();
  // Given up, and refused by the core.
  await page.getByRole('button', { name: 'Add secret' }).click();
  await type('Value');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('GitHub');
  await type('Value');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Another secret has this name.').waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await page.getByRole('button', { name: 'Octo Git' }).click();
  await type('Access token');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('Octo Git was connected.').waitFor();
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  await type('Access token');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Access token was saved.').waitFor();

  const more = await addConnections(setting, 'Work account');
  canaries.push(...more.canaries);
  const dialog = page.getByRole('dialog', { name: 'Allow access?' });
  const allowed = ask(setting, more.connections[0]);
  await dialog.getByRole('button', { name: 'Always allow' }).click();
  const answer = await allowed;
  assert.ok(typeof answer === 'object');
  await setting.room.access.redeem(answer.handle, { reason: 'test' }, () => undefined);
  await page.getByRole('button', { name: 'Access', exact: true }).click();
  await page.getByText('1 decision', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Revoke Access token of Work account/ }).click();
  await page.getByRole('heading', { name: 'No decision yet' }).waitFor();

  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('row', { name: /Revoke access/ }).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click();
  await download;
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict=ok]').waitFor();
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByLabel('Select all shown').check();
  await page.getByRole('button', { name: 'Remove selected' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText(/was removed\.$/).waitFor();

  assert.equal(canaries.length, 7);
  const heap = await heapOf(cdp);
  assert.ok(heap.includes('strongroom-secrets-page'), 'the snapshot holds the page');
  assert.ok(heap.includes('GITHUB_TOKEN') || heap.includes('Octo Git'), 'the snapshot holds what the page was told');
  const kept = await page.evaluate(async () => ({
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    cookies: document.cookie,
    local: { ...localStorage },
    history: JSON.stringify(history.state),
  }));
  assert.deepEqual(
    { ...kept, history: '' },
    { caches: [], databases: 0, workers: 0, cookies: '', local: {}, history: '' },
  );
  for (const [index, canary] of canaries.entries()) {
    assert.equal(formFound(heap, canary), undefined, `canary ${index} in the heap`);
    assert.equal(formFound(JSON.stringify(kept), canary), undefined, `canary ${index} in what is kept`);
    await assertNowhere(window, canary);
  }
  // No request went anywhere but to the host, and the policy had nothing to complain about.
  await setting.finish(window);
});

test('the search of the heap finds a value that is there', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.enable');
  const canary = newCanary();
  await page.getByRole('button', { name: 'Add secret' }).click();
  // A name is kept by the form, as a value must not be.
  await page.getByLabel('Name', { exact: true }).click();
  await page.keyboard.insertText(canary);
  assert.notEqual(formFound(await heapOf(cdp), canary), undefined);
});
