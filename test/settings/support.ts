/** A real browser on a real host on a real store. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type Host, type HostOptions, startHost } from '../../js/host/index.js';
import type { Strongroom } from '../../js/main/index.js';
import { builtPage, FileScope, formFound, openRoom, temporaryFolder } from '../host/support.js';

const kFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page has when its answer is there: a row, or the heading that says why there is none. */
export const shownOn = (element: string): string => `${element} tr.row, ${element} .state h2`;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kFlags });
}

/** What one window has done that somebody could read. */
export interface Traffic {
  /** Console errors and warnings, uncaught exceptions, policy violations. */
  readonly complaints: string[];
  /** Every request's address. */
  readonly urls: string[];
  /** Bodies of requests other than those that carry a value in. */
  readonly sent: string[];
  /** Bodies of responses and everything that came over the WebSocket. */
  readonly received: (() => Promise<string>)[];
}

export interface Window {
  readonly page: Page;
  readonly traffic: Traffic;
}

/** The browser of a test file; it is closed after its last test. */
export class SharedBrowser {
  #browser: Browser | undefined;

  constructor() {
    const file = new FileScope();
    before(async () => {
      this.#browser = await launch();
      file.after(() => this.#browser?.close());
    });
  }

  get browser(): Browser {
    assert.ok(this.#browser);
    return this.#browser;
  }
}

/** A store of its own for one test, with a host on it. */
export class Setting {
  readonly #browser: Browser;
  readonly #test: TestContext;
  readonly room: Strongroom;
  readonly dir: string;
  host: Host;

  private constructor(browser: Browser, test: TestContext, room: Strongroom, dir: string, host: Host) {
    this.#browser = browser;
    this.#test = test;
    this.room = room;
    this.dir = dir;
    this.host = host;
    test.after(() => this.host.close());
  }

  static async make(
    test: TestContext,
    { browser }: SharedBrowser,
    options: Pick<HostOptions, 'workspace'> = {},
  ): Promise<Setting> {
    const dir = join(await temporaryFolder(test), 'store');
    const room = await openRoom(test, dir);
    return new Setting(browser, test, room, dir, await startHost({ room, page: await builtPage(), ...options }));
  }

  /** Starts the host anew at the port it had, as a person would who stops and starts it. */
  async startAgain(): Promise<void> {
    const port = Number(new URL(this.host.url).port);
    this.host = await startHost({ room: this.room, page: await builtPage(), port });
  }

  /** Opens a window of its own on a place and waits until it shows the secrets (or whatever `until` selects). */
  async open(
    options: BrowserContextOptions = {},
    until = 'strongroom-secrets-page .foot, strongroom-secrets-page .state h2',
    place = 'secrets',
  ): Promise<Window> {
    const context = await this.#browser.newContext({
      viewport: { width: 1180, height: 760 },
      locale: 'en-GB',
      ...options,
    });
    this.#test.after(() => context.close());
    // tsx wraps the functions it compiles in this helper, and Playwright sends them without it.
    await context.addInitScript('globalThis.__name ??= (value) => value');
    const page = await context.newPage();
    const traffic = watch(page);
    await page.goto(`${this.host.url}/?page=${place}#${this.host.token}`);
    await page.locator(until).first().waitFor();
    return { page, traffic };
  }

  /** Asserts that a window did nothing that it should not have done, and closes it. */
  async finish({ page, traffic }: Window): Promise<void> {
    assert.deepEqual(traffic.complaints, []);
    for (const url of traffic.urls) {
      assert.ok(url.startsWith(`${this.host.url}/`) || url.startsWith('data:image/svg+xml'), url.slice(0, 100));
    }
    await page.context().close();
  }
}

function watch(page: Page): Traffic {
  const traffic: Traffic = { complaints: [], urls: [], sent: [], received: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') traffic.complaints.push(message.text());
  });
  page.on('pageerror', (error) => traffic.complaints.push(error.message));
  page.on('request', (request) => {
    traffic.urls.push(request.url());
    const body = request.postData() ?? '';
    if (!/"channel":"(secrets\.(create|replaceValue)|connections\.(create|setSecret))"/.test(body))
      traffic.sent.push(`${request.url()}\n${body}`);
  });
  page.on('response', (response) => {
    const body = response.text().catch(() => '');
    traffic.received.push(async () => `${JSON.stringify(response.headers())}\n${await body}`);
  });
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => traffic.sent.push(String(payload)));
    socket.on('framereceived', ({ payload }) => traffic.received.push(async () => String(payload)));
  });
  return traffic;
}

/** Asserts that `canary` stands nowhere in a window: document, inputs, storage, traffic; in no encoding. */
export async function assertNowhere({ page, traffic }: Window, canary: string): Promise<void> {
  const contents = await page.evaluate(() => {
    const texts: string[] = [location.href, document.title, document.cookie];
    const walk = (root: Document | ShadowRoot | Element): void => {
      if (root instanceof Element || root instanceof ShadowRoot) texts.push(root.innerHTML);
      for (const element of root.querySelectorAll('*')) {
        if ('value' in element) texts.push(String(element.value));
        for (const { value } of element.attributes) texts.push(value);
        // Lit keeps an element's state in properties, its own and private-by-convention ones alike.
        for (const name of Object.getOwnPropertyNames(element)) {
          const value: unknown = (element as unknown as Record<string, unknown>)[name];
          try {
            texts.push(typeof value === 'object' || typeof value === 'string' ? (JSON.stringify(value) ?? '') : '');
          } catch {
            // Cyclic: an element or a part of Lit's, visited on its own.
          }
        }
        if (element.shadowRoot !== null) walk(element.shadowRoot);
      }
    };
    walk(document);
    for (const storage of [localStorage, sessionStorage]) texts.push(JSON.stringify({ ...storage }));
    return texts.join('\n');
  });
  assert.match(contents, /strongroom-(connections|secrets|access|audit)-page/);
  assert.equal(formFound(contents, canary), undefined, 'in the document');
  assert.equal(formFound(traffic.sent.join('\n'), canary), undefined, 'in what was sent');
  assert.equal(formFound(traffic.complaints.join('\n'), canary), undefined, 'on the console');
  const received = (await Promise.all(traffic.received.map((body) => body()))).join('\n');
  assert.ok(received.includes('status') || received.length > 1000);
  assert.equal(formFound(received, canary), undefined, 'in what was received');
}

const axe = readFile(join(__dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

/** Asserts that axe-core finds nothing to complain about in the window as it stands. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(await axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: AxeViolation[] }> } };
    interface AxeViolation {
      id: string;
      nodes: { target: unknown; failureSummary?: string }[];
    }
    const results = await axe.run({ resultTypes: ['violations'] });
    return results.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map((node) => `${JSON.stringify(node.target)} ${node.failureSummary}`).join('; ')}`,
    );
  });
  assert.deepEqual(violations, [], where);
}

/** Asserts that nothing is wider than the window, which would make a person scroll sideways to read. */
export async function assertNothingCutOff(page: Page, where: string): Promise<void> {
  const tooWide = await page.evaluate(() => {
    const found: string[] = [];
    const walk = (root: Document | ShadowRoot): void => {
      for (const element of root.querySelectorAll('*')) {
        const { left, right, width } = element.getBoundingClientRect();
        // Text for screen readers alone and closed dialogs take no room.
        const shown =
          width > 1 && element.checkVisibility() && element.closest('.hidden, thead, option, select') === null;
        // What ends in an ellipsis is cut off on purpose, and whole elsewhere.
        const parent = element.parentElement;
        if (parent !== null && getComputedStyle(parent).textOverflow === 'ellipsis') continue;
        if (shown && (left < -0.5 || right > innerWidth + 0.5)) found.push(`${element.localName}.${element.className}`);
        if (element.shadowRoot !== null) walk(element.shadowRoot);
      }
    };
    walk(document);
    const { scrollWidth } = document.documentElement;
    return scrollWidth > innerWidth ? [...found, `the document: ${scrollWidth}`] : found;
  });
  assert.deepEqual(tooWide, [], where);
}

/** Waits until the focus is on the element of this label or text. */
export async function waitForFocus(page: Page, label: string): Promise<void> {
  let last = '';
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    last = await focused(page);
    if (last === label) return;
  }
  assert.equal(last, label);
}

/** The window goes behind others, out of sight or not, and comes to the front again, where it gets the focus twice. */
export async function comeBack(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    dispatchEvent(new Event('blur'));
    for (const value of hidden ? [true, false] : []) {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }
    for (let times = 0; times < 2; times += 1) dispatchEvent(new Event('focus'));
  }, hidden);
}

/** Moves the focus by one stop and says where it is: the accessible name or text of the focused element. */
export async function tab(page: Page, key = 'Tab'): Promise<string> {
  await page.keyboard.press(key);
  return await focused(page);
}

/** The accessible label or text of the element that has the focus, looked up through shadow roots. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (element === null || element === document.body) return '(nothing)';
    const root = element.getRootNode() as Document | ShadowRoot;
    const label = element.id === '' ? element.closest('label') : root.querySelector(`label[for="${element.id}"]`);
    return (element.getAttribute('aria-label') ?? label?.textContent ?? element.textContent ?? '')
      .replace(/\s+/g, ' ')
      .trim();
  });
}
