import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { newCanary } from '../host/support.js';
import { addConnections, ask, kProvider } from './access-support.js';
import { focused, Setting, SharedBrowser, tab, type Window } from './support.js';

const shared = new SharedBrowser();

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Allow access?' });

/** The answers that a window has given. */
const answersOf = ({ traffic }: Window): string[] =>
  traffic.sent.flatMap((text) => /"consent\.respond".*"decision":"([a-z-]+)"/.exec(text)?.[1] ?? []);

/** Stops the page's clock, so that the half second in which nothing can be allowed lasts until the test ends it. */
async function stopClock(page: Page): Promise<void> {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1000);
}

test('a request says who asks, for what, why and what they could do, and is answered once', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections, canaries } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  const outcome = ask(setting, connections[0]);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  assert.equal(await focused(page), 'Deny');
  const text = (await dialog.innerText()).replace(/\s+/g, ' ');
  for (const part of [
    'octo.notes',
    'Extension by octo',
    'Access token',
    'Work account · Octo Git',
    'https://api.octo.example',
    'https://uploads.octo.example:8443',
    'It does not get to see the credential itself.',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  const why = dialog.getByRole('region', { name: 'Why, in its own words' });
  assert.equal(await why.locator('blockquote').innerText(), 'Sync the notes of your repositories');
  assert.match(await dialog.getByRole('timer').innerText(), /^Counts as denied in [12]:\d\d$/);
  await dialog.getByRole('button', { name: 'Allow once' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('octo.notes may use Access token of Work account once.').waitFor();
  const answer = await outcome;
  assert.ok(typeof answer === 'object' && answer.lifetime === 'once');
  let plaintext = '';
  await setting.room.access.redeem(answer.handle, { reason: 'test' }, (buffer) => {
    plaintext = buffer.toString();
  });
  assert.equal(plaintext, canaries[0]);
  assert.deepEqual((await setting.room.access.grants()).items, []);
  await setting.finish(window);
});

test('a request that is made while a window opens is shown: it listens before it asks for anything', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page, traffic } = window;
  const questions = (): number => traffic.urls.filter((url) => url.endsWith('/ipc')).length;
  let before = 0;
  let asked = Number.NaN;
  let outcome: Promise<unknown> | undefined;
  await page.routeWebSocket('**/events', async (socket) => {
    asked = questions() - before;
    const waiting = new Promise((resolve) => setting.room.on('consent', resolve));
    outcome = ask(setting, connections[0]);
    await waiting;
    socket.connectToServer();
  });
  before = questions();
  await page.reload();
  await dialogOf(page).getByRole('button', { name: 'Deny', exact: true }).click();
  assert.equal(await outcome, 'CONSENT_DENIED');
  assert.equal(asked, 0);
  await setting.finish(window);
});

test('a dialog that is moved in the document with its element still keeps everything else shut', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  const outcome = ask(setting, connections[0]);
  await dialogOf(page).waitFor();
  const isModal = (): Promise<boolean> =>
    page.evaluate(() => {
      const settings = document.querySelector('strongroom-settings')?.shadowRoot;
      const inner = settings?.querySelector('strongroom-consent-dialog')?.shadowRoot;
      return inner?.querySelector('dialog:modal') != null;
    });
  assert.equal(await isModal(), true);
  await page.evaluate(() => {
    const element = document.querySelector('strongroom-settings');
    if (element !== null) document.body.appendChild(document.createElement('div')).append(element);
  });
  await dialogOf(page).waitFor();
  assert.equal(await isModal(), true);
  assert.equal(await focused(page), 'Deny');
  await page.evaluate(() => document.querySelector('strongroom-settings')?.remove());
  assert.equal(await dialogOf(page).count(), 0);
  await setting.finish(window);
  await setting.room.close();
  assert.equal(typeof (await outcome), 'string');
});

test('each answer does what it says', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  const dialog = dialogOf(page);
  const answer = async (who: string, name: string): Promise<unknown> => {
    const outcome = ask(setting, connections[0], who);
    await dialog.getByText(who, { exact: true }).waitFor();
    await dialog.getByRole('button', { name, exact: true }).click();
    return await outcome;
  };
  assert.equal(await answer('octo.one', 'Deny'), 'CONSENT_DENIED');
  assert.equal(await answer('octo.two', 'Always deny'), 'CONSENT_DENIED');
  assert.equal(typeof (await answer('octo.three', 'Always allow')), 'object');
  await dialog.waitFor({ state: 'detached' });
  const grants = (await setting.room.access.grants()).items;
  assert.deepEqual(grants.map(({ principalId, decision, lifetime }) => [principalId, decision, lifetime]).sort(), [
    ['octo.three', 'allow', 'always'],
    ['octo.two', 'deny', 'always'],
  ]);
  // What was decided for always is not asked again.
  assert.equal(await ask(setting, connections[0], 'octo.two'), 'CONSENT_DENIED');
  assert.equal(typeof (await ask(setting, connections[0], 'octo.three')), 'object');
  assert.deepEqual(answersOf(window), ['deny', 'deny-always', 'allow-always']);
  await setting.finish(window);
});

test('nothing is allowed in the first half second, by neither key nor click', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await stopClock(page);
  const outcome = ask(setting, connections[0]);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  const allow = dialog.getByRole('button', { name: 'Always allow' });
  const isArmed = async (): Promise<boolean> => (await allow.getAttribute('aria-disabled')) === 'false';
  const tryEverything = async (): Promise<void> => {
    await allow.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await allow.click({ force: true });
    await allow.dblclick({ force: true });
  };
  assert.equal(await isArmed(), false);
  await tryEverything();
  await page.clock.runFor(499);
  assert.equal(await isArmed(), false);
  await tryEverything();

  // What goes down too early does not count when it comes up later.
  const box = await allow.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await allow.focus();
  await page.keyboard.down('Space');
  await page.clock.runFor(1);
  assert.equal(await isArmed(), true);
  await page.keyboard.up('Space');
  await page.mouse.up();
  assert.equal((await setting.room.access.pending()).items.length, 1);
  assert.deepEqual(answersOf(window), []);

  await allow.focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(typeof (await outcome), 'object');
  assert.deepEqual(answersOf(window), ['allow-always']);
  await setting.finish(window);
});

test('a press that began on one request allows nothing when it ends on the next', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await stopClock(page);
  const dialog = dialogOf(page);
  const allow = dialog.getByRole('button', { name: 'Allow once' });
  const first = ask(setting, connections[0], 'octo.first');
  await dialog.getByText('octo.first', { exact: true }).waitFor();
  const second = ask(setting, connections[0], 'octo.second');
  await dialog.getByText('1 of 2').waitFor();
  await page.clock.runFor(500);
  assert.equal(await allow.getAttribute('aria-disabled'), 'false');
  const box = await allow.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  const request = (await setting.room.access.pending()).items.find(({ principalId }) => principalId === 'octo.first');
  await setting.room.access.respond(request?.id ?? '', 'deny');
  assert.equal(await first, 'CONSENT_DENIED');
  await dialog.getByText('octo.second', { exact: true }).waitFor();
  await page.clock.runFor(500);
  assert.equal(await allow.getAttribute('aria-disabled'), 'false');
  await page.mouse.up();
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  assert.equal(await second, 'CONSENT_DENIED');
  assert.deepEqual(answersOf(window), ['deny']);
  await setting.finish(window);
});

test('in a window of the height that a large zoom leaves, each request is shown from its beginning', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  for (const viewport of [
    { width: 320, height: 256 },
    { width: 512, height: 300 },
  ]) {
    const window = await setting.open({ viewport });
    const { page } = window;
    const dialog = dialogOf(page);
    const heading = dialog.getByRole('heading', { name: 'Allow access?' });
    const who = ['octo.first', 'octo.second'];
    const outcomes = who.map((name) => ask(setting, connections[0], name));
    for (const name of who) {
      await dialog.getByText(name, { exact: true }).waitFor();
      // The focus is set, and everything is scrolled, once a request is drawn.
      const deny = dialog.getByRole('button', { name: 'Deny', exact: true });
      await deny.and(page.locator(':focus')).waitFor();
      const place = await heading.boundingBox();
      assert.ok(place !== null && place.y >= 0 && place.y + place.height <= viewport.height, JSON.stringify(place));
      await deny.click();
    }
    assert.deepEqual(await Promise.all(outcomes), ['CONSENT_DENIED', 'CONSENT_DENIED']);
    await setting.finish(window);
  }
});

test('a key that is held down answers nothing', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await stopClock(page);
  const dialog = dialogOf(page);
  for (const key of ['Enter', 'Space'] as const) {
    await page.getByRole('heading', { level: 1 }).focus();
    await page.keyboard.down(key);
    const outcome = ask(setting, connections[0], `octo.${key.toLowerCase()}`);
    await dialog.waitFor();
    // Playwright repeats a key that is down already, as keyboards do.
    await page.keyboard.down(key);
    for (const name of ['Allow once', 'Always allow', 'Always deny', 'Deny']) {
      await dialog.getByRole('button', { name, exact: true }).focus();
      await page.keyboard.down(key);
      await page.clock.runFor(1000);
      await page.keyboard.down(key);
    }
    await page.keyboard.up(key);
    assert.equal((await setting.room.access.pending()).items.length, 1, key);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await outcome, 'CONSENT_DENIED', key);
  }
  assert.deepEqual(answersOf(window), ['deny', 'deny']);
  await setting.finish(window);
});

test('several requests queue, and each has its own half second', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account', 'Private account');
  const window = await setting.open();
  const { page } = window;
  await stopClock(page);
  const dialog = dialogOf(page);
  const first = ask(setting, connections[0], 'octo.first');
  await dialog.getByText('octo.first').waitFor();
  const second = ask(setting, connections[1], 'octo.second', 'Read what is new', 'tool');
  await dialog.getByText('1 of 2').waitFor();
  // The same once more shares the request that waits.
  const again = ask(setting, connections[1], 'octo.second', 'Read what is new', 'tool');
  await page.clock.runFor(500);
  await dialog.getByRole('button', { name: 'Allow once' }).click();
  await dialog.getByText('2 of 2').waitFor();
  await dialog.getByText('octo.second', { exact: true }).waitFor();
  await dialog.getByText('Tool by octo').waitFor();
  await dialog.getByText('Asked 2 times').waitFor();
  assert.equal(await focused(page), 'Deny');
  assert.equal(await dialog.getByRole('button', { name: 'Allow once' }).getAttribute('aria-disabled'), 'true');
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(typeof (await first), 'object');
  assert.deepEqual(await Promise.all([second, again]), ['CONSENT_DENIED', 'CONSENT_DENIED']);
  await setting.finish(window);
});

test('what a service does that was registered while another request was shown is said', async (t) => {
  const setting = await Setting.make(t, shared);
  const { room } = setting;
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const dialog = dialogOf(window.page);
  const first = ask(setting, connections[0], 'octo.first');
  await dialog.getByText('octo.first').waitFor();
  const { origins: _, ...manifest } = kProvider;
  await room.providers.register({ ...manifest, id: 'octo.run', auth: { type: 'env', field: 'token', name: 'TOKEN' } });
  const secrets = { token: newCanary() };
  const connection = await room.connections.create({
    providerId: 'octo.run',
    scope: 'user',
    displayName: 'Programs',
    secrets,
  });
  const second = ask(setting, connection, 'octo.second');
  await dialog.getByText('1 of 2').waitFor();
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.getByText('octo.second', { exact: true }).waitFor();
  const could = dialog.getByRole('region', { name: 'What it could do' });
  assert.match(
    await could.innerText(),
    /Start programs that are given this credential\..*the programs it starts do\./s,
  );
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  assert.deepEqual(await Promise.all([first, second]), ['CONSENT_DENIED', 'CONSENT_DENIED']);
  await setting.finish(window);
});

test('the dialog closes when the request is answered elsewhere, and says so', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const [window, other] = [await setting.open(), await setting.open()];
  const outcome = ask(setting, connections[0]);
  await Promise.all([dialogOf(window.page).waitFor(), dialogOf(other.page).waitFor()]);
  await dialogOf(other.page).getByRole('button', { name: 'Deny', exact: true }).click();
  await dialogOf(window.page).waitFor({ state: 'detached' });
  await window.page.getByText('The request of octo.notes is over').waitFor();
  assert.equal(await outcome, 'CONSENT_DENIED');
  assert.deepEqual(answersOf(window), []);
  await setting.finish(window);
  await setting.finish(other);
});

test('a request that nobody answers is shown until its time is over', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await stopClock(page);
  const outcome = ask(setting, connections[0]);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  const [request] = (await setting.room.access.pending()).items;
  assert.ok(request);
  const left = Date.parse(request.expiresAt) - (await page.evaluate(() => Date.now()));
  await page.clock.runFor(left - 10_000);
  assert.match(await dialog.getByRole('timer').innerText(), /^Counts as denied in 0:(09|1[01])$/);
  await page.clock.runFor(12_000);
  await dialog.waitFor({ state: 'detached' });
  await setting.room.access.respond(request.id, 'deny');
  assert.equal(await outcome, 'CONSENT_DENIED');
  await setting.finish(window);
});

test('what asks cannot dress up its words', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  const hostile = 'Safe\u202e txt\u2066 <b onclick="alert(1)">x</b> \u200b\u00ad{who}\u{e0041}';
  const outcome = ask(setting, connections[0], 'octo.\u202enotes', hostile);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  assert.equal(
    await dialog.locator('blockquote').innerText(),
    'Safe\ufffd txt\ufffd <b onclick="alert(1)">x</b> \ufffd\ufffd{who}\ufffd',
  );
  await dialog.getByText('Invisible characters in these words').waitFor();
  assert.equal(await dialog.locator('blockquote *').count(), 0);
  assert.doesNotMatch(await dialog.innerText(), /[\u202e\u2066\u200b\u00ad]/);
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await outcome;
  await setting.finish(window);
});

test('a request that waited before the page opened is asked, can be put off, and is answered on the Access page', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const outcome = ask(setting, connections[0]);
  const window = await setting.open();
  const { page } = window;
  const dialog = dialogOf(page);
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(answersOf(window), []);
  await page.getByRole('button', { name: 'Access', exact: true }).click();
  await page.getByText('octo.notes asks for Access token of Work account').waitFor();
  await page.getByRole('button', { name: 'Answer octo.notes' }).click();
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('octo.notes asks for').waitFor({ state: 'detached' });
  assert.equal(await outcome, 'CONSENT_DENIED');
  await setting.finish(window);
});

test('what was being typed is kept, and the focus goes back to it', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).pressSequentially('Half');
  const outcome = ask(setting, connections[0]);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  // The focus stays in the dialog.
  for (let stops = 0; stops < 12; stops += 1) {
    assert.ok(!['Name', 'Save', 'Add secret'].includes(await tab(page)));
  }
  await dialog.getByRole('button', { name: 'Deny', exact: true }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await outcome, 'CONSENT_DENIED');
  assert.equal(await focused(page), 'Name');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Half');
  await setting.finish(window);
});

test('an answer that fails is said, and can be given again', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open();
  const { page } = window;
  const outcome = ask(setting, connections[0]);
  const dialog = dialogOf(page);
  await dialog.waitFor();
  await page.route('**/ipc', async (route) => {
    const answer = route.request().postData()?.includes('consent.respond');
    const error = { code: 'AUDIT_UNAVAILABLE', message: 'cannot' };
    await (answer ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.getByRole('alert').getByText('Your answer was not taken.').waitFor();
  await page.unroute('**/ipc');
  await dialog.getByRole('button', { name: 'Deny', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await outcome, 'CONSENT_DENIED');
  await setting.finish(window);
});
