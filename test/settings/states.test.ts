import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { WebSocket } from 'ws';
import type { ConsentEvent } from '../../contracts/index.js';
import { kMaxSockets } from '../../js/host/events.js';
import type { SettingsClient } from '../../js/settings/client.js';
import { formFound, newCanary, openRoom } from '../host/support.js';
import { addConnections, ask } from './access-support.js';
import { assertNowhere, comeBack, Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();

/** Opens a link in the tab that shows the page already; the page has taken its token when this is over. */
async function openLink(page: Page, token: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, token);
  await page.waitForFunction(() => location.hash === '');
}

test('a new store says so, and its first secret makes the key and the notice about it', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  const store = page.getByRole('region', { name: 'Store' });
  await store.getByText('New store').waitFor();
  assert.equal(await page.locator('.note').count(), 0, 'nothing is wrong with a new store');
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name').fill('First');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.getByRole('button', { name: 'Save' }).click();
  await store.getByText('Unlocked').waitFor();
  await store.getByText('Key in the master.key file').waitFor();
  const [notice] = setting.room.status().notices;
  assert.ok(notice);
  const shown = page.getByRole('note').filter({ hasText: notice.message });
  await shown.waitFor();
  await shown.getByRole('button', { name: 'Dismiss' }).click();
  assert.equal(await shown.count(), 0);
  await setting.finish(window);
});

test('a locked store lists its secrets, says what cannot be done, and is unlocked with one button', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Behind the door', kind: 'custom', value: newCanary() });
  await setting.room.lock();
  const window = await setting.open();
  const { page } = window;
  const banner = page.locator('.note.locked');
  await banner.waitFor();
  await page.getByText('Behind the door').waitFor();
  assert.equal(await banner.getByRole('button').count(), 1);
  await banner.getByRole('button', { name: 'Unlock' }).click();
  await banner.waitFor({ state: 'detached' });
  assert.equal(setting.room.status().state, 'unlocked');
  // Locked elsewhere: the page hears of it.
  await setting.room.lock();
  await banner.waitFor();
  await setting.finish(window);
});

test('a missing key is told apart from a locked one, and putting it back is enough', async (t) => {
  const setting = await Setting.make(t, shared);
  await setting.room.secrets.create({ name: 'Kept', kind: 'custom', value: newCanary() });
  await setting.room.lock();
  const key = join(setting.dir, 'master.key');
  await rename(key, `${key}.away`);
  const window = await setting.open();
  const { page } = window;
  await page.locator('.note.locked').getByRole('button', { name: 'Unlock' }).click();
  const missing = page.locator('.note.key-missing');
  await missing.waitFor();
  await page.getByText('Kept', { exact: true }).waitFor();

  // Saving fails beside the form, keeps what was typed and changes nothing.
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name').fill('Later');
  const canary = newCanary();
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await page.getByRole('button', { name: 'Save' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('alert').getByText('The key of this store is missing.').waitFor();
  await rename(`${key}.away`, key);
  await dialog.getByRole('button', { name: 'Unlock' }).click();
  await dialog.getByRole('alert').waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Later was saved.').waitFor();
  await missing.waitFor({ state: 'detached' });
  assert.equal((await setting.room.secrets.list()).items.length, 2);
  await assertNowhere(window, canary);
  await setting.finish(window);
});

test('when the host stops, what was typed stays except the value; the link of the next start goes on', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Before', kind: 'custom', value: newCanary() });
  const window = await setting.open();
  const { page } = window;
  const canary = newCanary();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name').fill('Half typed');
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await setting.host.close();
  await page.getByRole('alert').getByText('Strongroom does not answer.').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Half typed');
  assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), '');
  await page.getByText('The value was cleared when the connection was lost.').waitFor();
  await assertNowhere(window, canary);

  await setting.startAgain();
  // The new host does not know this page, and says so.
  await page.getByRole('alert').getByText('Strongroom does not know this page.').waitFor();
  await setting.room.secrets.update(id, { name: 'After' });
  await page.goto(`${setting.host.url}/#${setting.host.token}`);
  await page.getByText('Strongroom does not know this page.').waitFor({ state: 'detached' });
  await page.locator('tr.row').getByText('After').waitFor({ state: 'attached' });
  assert.equal(await page.getByLabel('Name').inputValue(), 'Half typed', 'the page was not loaded again');
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Half typed was saved.').waitFor();
  assert.ok(window.traffic.complaints.every((line) => /Failed to load resource|WebSocket/.test(line)));
});

test('with a client that has no events, the first secret still shows the key and the notice about it', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  await page.evaluate(() => {
    const element = document.querySelector<HTMLElement & { client?: SettingsClient }>('strongroom-settings');
    const client = element?.client;
    if (!element || !client) throw new Error('the page has no client');
    element.client = { invoke: (channel, payload) => client.invoke(channel, payload), on: () => () => undefined };
  });
  await page.getByText('New store').waitFor();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('First');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('region', { name: 'Store' }).getByText('Unlocked').waitFor();
  await page.getByText('Back this file up').waitFor();
});

test('a page without a token says what to open, and that it is not connected', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${setting.host.url}/?page=secrets`);
  await page.reload();
  await page.getByRole('alert').getByText('Open the link that it printed').waitFor();
  await page.getByRole('region', { name: 'Store' }).getByText('Not connected').waitFor();
});

test('another program on the port of a stopped host gets neither the token nor anything that was typed', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Half typed');
  await setting.host.close();
  await page.getByRole('alert').getByText('Strongroom does not answer.').waitFor();
  const heard: string[] = [];
  const impostor = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    request.on('data', (chunk) => heard.push(String(chunk)));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ ok: true, value: { proof: 'A'.repeat(43), items: [] } }));
  });
  impostor.listen(Number(new URL(setting.host.url).port), '127.0.0.1');
  t.after(() => impostor.close());
  await page.getByRole('alert').getByText('Strongroom does not know this page.').waitFor();
  const canary = newCanary();
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  assert.ok(heard.length >= 2, 'the page has asked the impostor for its proof');
  assert.ok(heard.every((text) => text.startsWith('GET /proof?nonce=')));
  assert.equal(formFound(heard.join('\n'), canary), undefined);
  assert.ok(!heard.join('\n').includes(setting.host.token));
});

test('a connection that breaks (simulated) is taken up again by the page itself', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  let broken = false;
  const sockets: { close(): Promise<void> }[] = [];
  await page.route(/\/(ipc|proof)/, (route) => (broken ? route.abort() : route.continue()));
  await page.routeWebSocket('**/events', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  await page.reload();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  while (sockets.length === 0) await page.waitForEvent('websocket');
  const banner = page.getByRole('alert').getByText('Strongroom does not answer.');
  broken = true;
  await sockets[0]?.close();
  await banner.waitFor();
  // Missed while the line was down; fetched when it is back.
  await setting.room.secrets.create({ name: 'Meanwhile', kind: 'custom', value: newCanary() });
  broken = false;
  await banner.waitFor({ state: 'detached' });
  await page.getByText('Meanwhile').waitFor();
});

test('a request that fails beside a live event stream (simulated) does not keep the page offline', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  let failed = false;
  await page.route('**/ipc', (route) => {
    if (failed || route.request().postData()?.includes('secrets.create') !== true) return route.continue();
    failed = true;
    return route.abort('connectionreset');
  });
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('At last');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The value was cleared when the connection was lost.').waitFor();
  await page.getByText('Strongroom does not answer.').waitFor({ state: 'detached' });
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('At last was saved.').waitFor();
});

test('the link that is in use, opened again in its tab, changes nothing', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page, traffic } = window;
  const canary = newCanary();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Half typed');
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await openLink(page, setting.host.token);
  await setting.room.secrets.create({ name: 'Meanwhile', kind: 'custom', value: newCanary() });
  await page.locator('tr.row').getByText('Meanwhile').waitFor({ state: 'attached' });
  assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), canary);
  assert.equal(traffic.urls.filter((url) => url.includes('/proof')).length, 1);
  await setting.finish(window);
});

test('what comes late of a connection that another has followed counts for nothing', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  let fail: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => {
    void page.route('**/proof?*', async (route) => {
      if (fail !== undefined) return route.continue();
      const failing = new Promise<void>((now) => {
        fail = now;
      });
      resolve();
      await failing;
      await route.abort('connectionreset');
    });
  });
  await openLink(page, 'A'.repeat(43));
  await asked;
  await openLink(page, setting.host.token);
  await page.getByText('Strongroom does not answer.').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Typed');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  const failed = page.waitForEvent('requestfailed');
  fail?.();
  await failed;
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Typed was saved.').waitFor();
  assert.equal(await page.getByText('Strongroom does not answer.').count(), 0);
});

test('a question that waited for a connection is not sent on one that has not proved itself', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  const tokens: string[] = [];
  page.on('request', (request) => {
    const { authorization } = request.headers();
    if (authorization !== undefined) tokens.push(authorization.slice('Bearer '.length));
  });
  let onListening: (() => void) | undefined;
  await page.routeWebSocket('**/events', async (socket) => {
    if (onListening === undefined) return void socket.connectToServer();
    onListening();
    await new Promise(() => undefined);
  });
  await page.reload();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  await openLink(page, 'A'.repeat(43));
  await page.getByText('Strongroom does not know this page.').waitFor();
  const listening = new Promise<void>((resolve) => {
    onListening = resolve;
  });
  await openLink(page, setting.host.token);
  await listening;
  const outcome = await page.evaluate((link) => {
    const { client } = document.querySelector('strongroom-settings') as HTMLElement & { client: SettingsClient };
    const answer = client.invoke('status.get', {}).then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );
    location.hash = link;
    return answer;
  }, 'B'.repeat(43));
  assert.equal(outcome, 'FORBIDDEN');
  assert.deepEqual(
    [...new Set(tokens)].filter((token) => token !== setting.host.token),
    [],
  );
});

test('without events the page works and says what it lacks; when they come, it reads again and keeps what was typed', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const others: WebSocket[] = [];
  for (let count = 0; count < kMaxSockets; count += 1) {
    const protocols = ['strongroom.events.v1', `strongroom.token.${setting.host.token}`];
    const other = new WebSocket(`${setting.host.url.replace('http', 'ws')}/events`, protocols, {
      origin: setting.host.url,
    });
    others.push(other);
    await once(other, 'open');
  }
  const { page } = await setting.open({}, 'strongroom-secrets-page .head');
  const banner = page.getByRole('alert').getByText('does not hear what happens elsewhere');
  await banner.waitFor();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('First');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('First was saved.').waitFor();
  await banner.waitFor();
  await page.getByRole('button', { name: 'Add secret' }).click();
  const canary = newCanary();
  await page.getByLabel('Value', { exact: true }).fill(canary);
  await setting.room.secrets.create({ name: 'Meanwhile', kind: 'custom', value: newCanary() });
  const outcome = ask(setting, connections[0]);
  for (const other of others) other.close();
  await banner.waitFor({ state: 'detached' });
  await page.getByRole('dialog', { name: 'Allow access?' }).getByRole('button', { name: 'Deny', exact: true }).click();
  assert.equal(await outcome, 'CONSENT_DENIED');
  await page.locator('tr.row').getByText('Meanwhile').waitFor({ state: 'attached' });
  assert.equal(await page.getByLabel('Value', { exact: true }).inputValue(), canary);
});

test('an event stream that never opens (simulated) does not keep the page waiting', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  await page.routeWebSocket('**/events', () => new Promise(() => undefined));
  await page.reload();
  await page.getByRole('alert').getByText('does not hear what happens elsewhere').waitFor();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
});

test('a host that is silent (simulated) is given up, and what it says late counts for nothing', async (t) => {
  const setting = await Setting.make(t, shared);
  const { page } = await setting.open();
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1000);
  let silent = true;
  const held: Route[] = [];
  await page.route(/\/(ipc|proof)/, async (route) => {
    if (silent) held.push(route);
    else await route.continue();
  });
  const banner = page.getByRole('alert').filter({ hasText: 'Strongroom does not answer.' });
  const asked = page.waitForRequest((request) => request.postData()?.includes('audit.list') === true);
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await asked;
  await page.clock.runFor(19_000);
  assert.equal(await banner.count(), 0);
  await page.clock.runFor(1_000);
  await banner.waitFor();
  await page.getByRole('heading', { name: 'The audit log could not be loaded.' }).waitFor();

  silent = false;
  await banner.getByRole('button', { name: 'Try again' }).click();
  await banner.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
  // To what the page has given up, nothing can be said any more.
  for (const route of held.splice(0)) {
    const json = { ok: false, error: { code: 'FORBIDDEN', message: 'late' } };
    await route.fulfill({ status: 401, json }).catch(() => undefined);
  }

  // Saving may wait for a person: for as long as the host is there, but no longer.
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Patient');
  await page.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.unrouteAll();
  await page.route('**/ipc', (route) => {
    if (route.request().postData()?.includes('secrets.create')) held.push(route);
    else return route.continue();
  });
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Saving…' }).waitFor();
  for (let times = 0; times < 5; times += 1) {
    const proof = page.waitForResponse(/\/proof/);
    await page.clock.runFor(20_000);
    await proof;
  }
  await held[0]?.continue();
  await page.getByText('Patient was saved.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
});

test('a list that cannot be loaded says why and can be asked for again', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.route('**/ipc', async (route) => {
    const list = route.request().postData()?.includes('secrets.list');
    const error = { code: 'STORE_READ_ONLY', message: 'cannot' };
    await (list ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await page.reload();
  await page.getByRole('heading', { name: 'The secrets could not be loaded.' }).waitFor();
  await page.getByText('The store cannot be written.').waitFor();
  await page.unroute('**/ipc');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
});

test('what another process has changed is seen when the window comes to the front again, and what is typed stays', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Mine', 'Other');
  const [{ id } = assert.fail(), other] = connections;
  const window = await setting.open({}, 'strongroom-connection-details .usage h4', `connections&item=${id}`);
  const { page } = window;
  const nobody = page.getByText('Nobody was allowed to use it yet.');
  await nobody.waitFor();
  const typed = newCanary();
  await page.getByLabel('Name', { exact: true }).fill('Typed');
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  await page.getByLabel('Access token').fill(typed);
  // The elements themselves stay, and the list is never on its way again.
  await page.evaluate(() => {
    const at = (...path: string[]): Element | null | undefined =>
      path.reduce<Element | null | undefined>((from, name) => (from?.shadowRoot ?? document).querySelector(name), null);
    const list = ['strongroom-settings', 'strongroom-connections-page'] as const;
    const asked: string[] = [];
    const busy: string[] = [];
    const { fetch } = globalThis;
    Object.assign(window, { asked, busy, stays: at(...list, 'strongroom-connection-details', 'article') });
    const shown = at(...list, '.list');
    if (shown) new MutationObserver(() => busy.push('busy')).observe(shown, { attributeFilter: ['aria-busy'] });
    globalThis.fetch = (input, init) => {
      asked.push(/"channel":"([^"]+)"/.exec(String(init?.body))?.[1] ?? '');
      return fetch(input, init);
    };
  });

  const elsewhere = await openRoom(t, setting.dir);
  const waiting = new Promise<ConsentEvent>((resolve) => elsewhere.on('consent', resolve));
  const asking = ask({ room: elsewhere }, connections[0]);
  await elsewhere.access.respond((await waiting).request.id, 'allow-always');
  await asking;
  await elsewhere.connections.update(other?.id ?? '', { displayName: 'Renamed', revision: 1 });
  await comeBack(page, false);
  await page.getByText('octo.notes').first().waitFor();
  await page.getByRole('option', { name: /Renamed/ }).waitFor();
  assert.equal(await nobody.count(), 0);
  const asked = (channel: string): Promise<number> =>
    page.evaluate(
      (channel) => (window as unknown as { asked: string[] }).asked.filter((one) => one === channel).length,
      channel,
    );
  for (const channel of ['connections.list', 'connections.usage', 'status.get']) assert.equal(await asked(channel), 1);

  await elsewhere.connections.delete(other?.id ?? '');
  await comeBack(page, true);
  await page.getByRole('option', { name: /Renamed/ }).waitFor({ state: 'detached' });
  for (const channel of ['connections.list', 'connections.usage', 'status.get']) assert.equal(await asked(channel), 2);
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Typed');
  assert.equal(await page.getByLabel('Access token').inputValue(), typed);
  assert.deepEqual(
    await page.evaluate(() => {
      const { busy, stays } = window as unknown as { busy: string[]; stays: Element };
      return [busy, stays.isConnected];
    }),
    [[], true],
  );
  await setting.finish(window);
});
