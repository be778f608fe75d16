import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtPage } from '../host/support.js';
import { Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();

test('the token leaves the address at once, and a reload needs no new link', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  assert.equal(page.url(), `${setting.host.url}/`);
  await page.reload();
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  assert.ok(window.traffic.urls.every((url) => !url.includes(setting.host.token)));
  await setting.finish(window);
});

test('without a token the page says where to find one, and takes it when it comes', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const { page } = window;
  await page.evaluate(() => sessionStorage.clear());
  await page.goto('about:blank');
  await page.goto(`${setting.host.url}/?page=secrets`);
  await page.getByRole('alert').getByText('Open the link that it printed').waitFor();
  await page.goto(`${setting.host.url}/#${setting.host.token}`);
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  await setting.finish(window);
});

test('a new tab of the browser does not inherit the token', async (t) => {
  const setting = await Setting.make(t, shared);
  const window = await setting.open();
  const other = await window.page.context().newPage();
  await other.goto(setting.host.url);
  await other.getByRole('alert').getByText('Open the link that it printed').waitFor();
  await setting.finish(window);
});

test('the bundle stays within its budget, evaluates no text as code, and is all that a page loads', async (t) => {
  const folder = await builtPage();
  let bytes = 0;
  for (const name of await readdir(folder)) {
    const content = await readFile(join(folder, name), 'utf8');
    assert.doesNotMatch(content, /\beval\(|new Function\(|style="|sourceMappingURL/, name);
    if (!name.startsWith('messages-')) bytes += gzipSync(content, { level: 9 }).length;
  }
  assert.ok(bytes <= 60 * 1024, `${bytes} bytes gzipped`);
  const setting = await Setting.make(t, shared);
  for (const place of ['connections', 'secrets', 'access', 'audit']) {
    const window = await setting.open({}, 'main h1', place);
    const files = new Set(
      window.traffic.urls
        .map((url) => new URL(url).pathname)
        .filter((path) => /^\/[\w-]*(\.(js|css|html))?$/.test(path)),
    );
    files.delete('/ipc');
    files.delete('/proof');
    assert.deepEqual([...files].sort(), ['/', '/main.js', '/page.css', '/strongroom-settings.js'], place);
    await setting.finish(window);
  }
});
