/**
 * The Connections page in Chromium, on a real host and a real store: how long it works until what has arrived is on
 * show, and how many frames a second it gives while it is scrolled. All figures come from the browser's own tracing.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Connection, ProviderInfo } from '../../contracts/index.js';
import { startHost } from '../../js/host/index.js';
import { openStrongroom } from '../../js/main/index.js';
import type { SettingsClient } from '../../js/settings/client.js';
import { launch } from '../settings/support.js';
import type { Scope } from '../support/directory.js';
import { createConnections } from './connections.js';
import type { Figure, FigureGroup } from './report.js';
import { type Frames, type Span, Trace, type Work } from './trace.js';

const APP_ID = 'org.strongroom.bench';
const CHANNEL = 'connections.list';
/** One frame of a screen with 60 a second. */
const FRAME_MS = 16;
const LONG_MS = 50;
const LEAST_FPS = 50;
/** How long a page is left alone so that what it does late shows as well. */
const SETTLE_MS = 400;
/** How far the wheel scrolls in a second, in CSS pixels: as one reads, and as one looks for something far off. */
const SPEEDS = { reading: 3_000, racing: 100_000 } as const;

export interface PageSettings {
  /** How many connections the lists have that are shown. */
  lists: readonly number[];
  /** How many the one has that is scrolled. */
  scrolled: number;
  runs: number;
  scrollSeconds: number;
}

/** Marks what the page asks for and when an answer was read; nothing else is changed. */
function markAnswers(): void {
  const fetched = window.fetch;
  let asked = 0;
  window.fetch = async (...request) => {
    const body = request[1]?.body;
    const channel = /"channel":"([^"]*)"/.exec(typeof body === 'string' ? body : '')?.[1];
    if (channel === undefined) return await fetched(...request);
    asked += 1;
    const name = `${channel} ${asked}`;
    performance.mark(`ask ${name}`);
    const response = await fetched(...request);
    const read = response.json.bind(response);
    response.json = async () => {
      const value: unknown = await read();
      performance.mark(`read ${name}`);
      return value;
    };
    return response;
  };
}

/** The list is shown anew by a page that is handed all connections in one piece. */
async function showAllAtOnce(): Promise<void> {
  type Shown = HTMLElement & { client: SettingsClient };
  const old = document.querySelector('strongroom-settings')?.shadowRoot?.querySelector('strongroom-connections-page');
  if (!(old instanceof HTMLElement)) throw new Error('the page is not there');
  const { client } = old as Shown;
  const items: Connection[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.invoke('connections.list', { limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const providers: { items: ProviderInfo[] } = await client.invoke('providers.list', {});
  const fresh = document.createElement('strongroom-connections-page') as Shown;
  fresh.dataset.page = '';
  const answers: Record<string, unknown> = { 'connections.list': { items }, 'providers.list': providers };
  const handing = {
    async invoke(channel: string): Promise<unknown> {
      // In the meantime the page draws that it waits, as it does when it asks a host.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (channel === 'connections.list') performance.mark('handed over');
      return answers[channel];
    },
    on: () => () => undefined,
  };
  fresh.client = handing as unknown as SettingsClient;
  old.replaceWith(fresh);
}

/** Until all connections are in the list, and the page has come to rest. */
async function untilShown(page: Page, count: number): Promise<void> {
  const foot = page.locator('strongroom-connections-page .count');
  await foot.getByText(new RegExp(`^\\s*${count.toLocaleString('en-GB')}\\b[^,]*$`)).waitFor();
  await page.waitForTimeout(SETTLE_MS);
}

/** One list on a real store and host; each `visit` is a browser of its own, as far as the page can tell. */
interface Listed {
  browser: Browser;
  address: string;
  count: number;
}

async function visit<T>({ browser }: Listed, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, locale: 'en-GB' });
  try {
    // tsx wraps the functions it compiles in this helper, and Playwright sends them without it.
    await context.addInitScript('globalThis.__name ??= (value) => value');
    await context.addInitScript(markAnswers);
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

/** From the arrival of each answer to the end of the frame that shows it. */
function answersIn(trace: Trace): Span[] {
  return trace.marks(`ask ${CHANNEL} `).map(({ name, at }) => {
    const [read] = trace.marks(name.replace('ask', 'read'));
    assert.ok(read, 'every answer was read');
    return { start: trace.arrivalOf(at), end: trace.frameAfter(read.at) };
  });
}

interface Shown {
  answers: number;
  first: Work;
  longest: Work;
  last: Work;
  /** From the first answer until the page is at rest. */
  all: Work;
  /** Handed over in one piece, to a page that is new in a window that is not. */
  atOnce: Work;
}

function showOnce(listed: Listed): Promise<Shown> {
  const { browser, address, count } = listed;
  return visit(listed, async (page) => {
    const loading = await Trace.record(browser, page, `ask ${CHANNEL} `, async () => {
      await page.goto(address);
      await untilShown(page, count);
    });
    const spans = answersIn(loading);
    const works = spans.map((span) => loading.work(span));
    const [first, last] = [works[0], works.at(-1)];
    assert.ok(first && last);
    const handing = await Trace.record(browser, page, 'handed over', async () => {
      await page.evaluate(showAllAtOnce);
      await untilShown(page, count);
    });
    const handed = handing.marks('handed over').at(-1)?.at ?? 0;
    const start = Math.min(...spans.map((span) => span.start));
    const end = Math.max(...spans.map((span) => span.end)) + SETTLE_MS * 1000;
    return {
      answers: spans.length,
      first,
      longest: works.reduce((one, other) => (other.total > one.total ? other : one)),
      last,
      all: loading.work({ start, end }),
      atOnce: handing.work({ start: handed, end: handing.frameAfter(handed) }),
    };
  });
}

interface Scrolled extends Frames {
  /** Milliseconds of the main thread for each frame that it drew, in processor time. */
  eachFrame: number;
}

/** Turns the wheel over the list for some seconds. */
function scrollOnce(listed: Listed, speed: number, seconds: number): Promise<Scrolled> {
  const { browser, address, count } = listed;
  return visit(listed, async (page) => {
    await page.goto(address);
    await untilShown(page, count);
    const rows = page.locator('strongroom-connections-page .rows');
    const box = await rows.boundingBox();
    assert.ok(box);
    const cdp = await page.context().newCDPSession(page);
    const trace = await Trace.record(browser, page, 'scroll', async () => {
      await page.evaluate(() => void performance.mark('scroll begins'));
      await cdp.send('Input.synthesizeScrollGesture', {
        x: box.x + box.width / 2,
        y: box.y + box.height / 2,
        yDistance: -speed * seconds,
        speed,
        gestureSourceType: 'mouse',
      });
      await page.evaluate(() => void performance.mark('scroll ends'));
    });
    const top = await rows.evaluate((element) => element.scrollTop);
    assert.ok(top > (speed * seconds) / 2, 'the list was scrolled');
    const span = trace.scrolled();
    const frames = trace.frames(span);
    const took = (span.end - span.start) / 1e6;
    return { ...frames, eachFrame: trace.work(span).cpuOfAll / Math.max(1, frames.mainPerSecond * took) };
  });
}

/** A piece of work as lines of the report: all of it, then its parts. */
function figuresOf(name: string, works: readonly Work[], goal?: number): Figure[] {
  const part = (sort: keyof Work): number[] => works.map((work) => work[sort]);
  return [
    {
      name,
      unit: 'ms',
      values: part('total'),
      ...(goal === undefined ? {} : { goal }),
      what: 'script + style + layout of the main thread, by the clock',
    },
    { name: '  script', unit: 'ms', values: part('script') },
    { name: '  style', unit: 'ms', values: part('style') },
    { name: '  layout', unit: 'ms', values: part('layout') },
    { name: '  in processor time', unit: 'ms', values: part('cpu'), what: 'the three without waits for a processor' },
    { name: '  besides: paint', unit: 'ms', values: part('paint'), what: 'pre-paint, paint, commit; not in the sum' },
  ];
}

async function serve(scope: Scope, dir: string, count: number, pageFolder: string): Promise<string> {
  const room = await openStrongroom({
    dir,
    appId: APP_ID,
    keyProviders: ['master-key-file'],
    audit: { durability: 'normal' },
  });
  scope.after(() => room.close());
  await createConnections(room, count);
  const host = await startHost({ room, page: pageFolder });
  scope.after(() => host.close());
  return `${host.url}/?page=connections#${host.token}`;
}

async function measureList(listed: Listed, runs: number): Promise<FigureGroup> {
  const shown: Shown[] = [];
  for (let run = 0; run < runs; run += 1) shown.push(await showOnce(listed));
  const many = listed.count.toLocaleString('en');
  const answers = shown[0]?.answers ?? 0;
  const goal = listed.count <= 500 ? FRAME_MS : LONG_MS;
  const inPages: Figure[] = [
    ...figuresOf(
      `the first of ${answers} answers`,
      shown.map(({ first }) => first),
      goal,
    ),
    ...figuresOf(
      'the one that takes longest',
      shown.map(({ longest }) => longest),
      goal,
    ),
    ...figuresOf(
      `the last, with all ${many} in the list`,
      shown.map(({ last }) => last),
      goal,
    ),
  ];
  return {
    name: `page-${listed.count}`,
    title: `Showing ${many} connections, from the arrival of an answer to the end of the next frame`,
    figures: [
      ...(answers === 1
        ? figuresOf(
            'the answer',
            shown.map(({ last }) => last),
            goal,
          )
        : inPages),
      ...figuresOf(
        'from the first answer to rest',
        shown.map(({ all }) => all),
      ),
      ...figuresOf(
        `all ${many} handed over in one piece`,
        shown.map(({ atOnce }) => atOnce),
        goal,
      ),
    ],
  };
}

async function measureScroll(listed: Listed, name: string, speed: number, { runs, scrollSeconds }: PageSettings) {
  const scrolled: Scrolled[] = [];
  for (let run = 0; run < Math.ceil(runs / 3); run += 1) scrolled.push(await scrollOnce(listed, speed, scrollSeconds));
  const values = (of: keyof Scrolled): number[] => scrolled.map((one) => one[of]);
  const group: FigureGroup = {
    name: `scroll-${listed.count}-${name}`,
    title: `Scrolling ${listed.count.toLocaleString('en')} connections by wheel, ${speed.toLocaleString('en')} pixels a second`,
    figures: [
      { name: 'frames on the screen', unit: 'fps', values: values('perSecond'), goal: LEAST_FPS },
      {
        name: 'frames drawn by the page',
        unit: 'fps',
        values: values('mainPerSecond'),
        goal: LEAST_FPS,
        what: 'with rows that follow: commits of the main thread',
      },
      { name: 'the longest wait for one', unit: 'ms', values: values('longestMainGapMs') },
      { name: 'on the screen with a blank area', unit: '%', values: values('incomplete') },
      {
        name: 'main thread for each frame',
        unit: 'ms',
        values: values('eachFrame'),
        goal: 1000 / LEAST_FPS,
        what: 'all it does, in processor time',
      },
    ],
  };
  return group;
}

/** Measures the page on stores and hosts below `dir`; also says with which browser. */
export async function measurePage(
  scope: Scope,
  dir: string,
  settings: PageSettings,
  say: (text: string) => void,
): Promise<{ groups: FigureGroup[]; browser: string }> {
  mkdirSync(dir, { mode: 0o700 });
  const pageFolder = path.join(dir, 'page');
  const { buildSettings } = await import('../../js/settings/build.mjs');
  await buildSettings(pageFolder);
  const browser = await launch();
  scope.after(() => browser.close());
  const groups: FigureGroup[] = [];
  for (const count of new Set([...settings.lists, settings.scrolled])) {
    const many = count.toLocaleString('en');
    say(`the page: filling a store with ${many} connections …`);
    const listed = { browser, count, address: await serve(scope, path.join(dir, `store-${count}`), count, pageFolder) };
    await showOnce(listed); // the browser's own first time
    if (settings.lists.includes(count)) {
      say(`the page: showing ${many} connections …`);
      groups.push(await measureList(listed, settings.runs));
    }
    if (settings.scrolled !== count) continue;
    for (const [name, speed] of Object.entries(SPEEDS)) {
      say(`the page: scrolling ${many} connections, ${name} …`);
      groups.push(await measureScroll(listed, name, speed, settings));
    }
  }
  return { groups, browser: browser.version() };
}
