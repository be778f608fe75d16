/** What Chromium's own tracing says of a page's main thread and of its frames. */
import type { Browser, Page } from 'playwright-core';

/** What is recorded: the events that the browser's performance panel is made of, and `performance.mark`. */
const CATEGORIES = [
  '-*',
  'blink.user_timing',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'v8.execute',
];

/** Times are in microseconds. */
interface TraceEvent {
  name: string;
  cat: string;
  ph: string;
  ts: number;
  /** How long it took, by the clock and of the processor. */
  dur?: number;
  tdur?: number;
  pid: number;
  tid: number;
  args?: {
    data?: { requestId?: string };
    frame_reporter?: { state?: string; frame_sequence?: number; has_missing_content?: boolean };
  };
}

const SORTS = ['script', 'style', 'layout', 'paint', 'other'] as const;
export type Sort = (typeof SORTS)[number];

/** Milliseconds of the main thread. */
export type Work = Record<Sort, number> & {
  /** `script`, `style` and `layout` together, by the clock. */
  total: number;
  /** The same in processor time: without the waits for a processor that others had. */
  cpu: number;
  /** Of everything, paint and the rest too. */
  cpuOfAll: number;
};

const SORT_OF: Readonly<Record<string, Sort>> = {
  FunctionCall: 'script',
  EvaluateScript: 'script',
  RunMicrotasks: 'script',
  FireAnimationFrame: 'script',
  TimerFire: 'script',
  EventDispatch: 'script',
  MinorGC: 'script',
  MajorGC: 'script',
  UpdateLayoutTree: 'style',
  ParseAuthorStyleSheet: 'style',
  Layout: 'layout',
  PrePaint: 'paint',
  Paint: 'paint',
  Layerize: 'paint',
  Commit: 'paint',
  UpdateLayer: 'paint',
};

function sortOf({ name }: TraceEvent): Sort | undefined {
  return SORT_OF[name] ?? (/^(v8|V8)\./.test(name) ? 'script' : undefined);
}

export interface Span {
  start: number;
  end: number;
}

/** Of the frames in a span: how many came on the screen, how many of those (%) with blank areas, how many were dropped. */
export interface Frames {
  perSecond: number;
  mainPerSecond: number;
  dropped: number;
  incomplete: number;
  longestMainGapMs: number;
}

export class Trace {
  readonly #main: TraceEvent[];
  readonly #process: TraceEvent[];
  /** Spans of work on the main thread, in the order they began; of two that began together the outer one first. */
  readonly #spans: TraceEvent[];

  private constructor(events: TraceEvent[], mark: string) {
    const marked = events.findLast(({ cat, name }) => cat === 'blink.user_timing' && name.startsWith(mark));
    if (marked === undefined) throw new Error(`the trace has no mark "${mark}"`);
    const { pid, tid } = marked;
    this.#process = events.filter((event) => event.pid === pid).sort((one, other) => one.ts - other.ts);
    this.#main = this.#process.filter((event) => event.tid === tid);
    this.#spans = this.#main
      .filter(({ ph }) => ph === 'X')
      .sort((one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0));
  }

  /** Records what `page` does during `work`, in which it sets a mark whose name begins with `mark`: so it is found. */
  static async record(browser: Browser, page: Page, mark: string, work: () => Promise<void>): Promise<Trace> {
    await browser.startTracing(page, { categories: CATEGORIES });
    let json: Buffer;
    try {
      await work();
    } finally {
      json = await browser.stopTracing();
    }
    const { traceEvents } = JSON.parse(json.toString('utf8')) as { traceEvents: TraceEvent[] };
    return new Trace(traceEvents, mark);
  }

  /** When the page set a mark: each time whose name begins so. */
  marks(prefix: string): { name: string; at: number }[] {
    return this.#main
      .filter(({ cat, name }) => cat === 'blink.user_timing' && name.startsWith(prefix))
      .map(({ name, ts }) => ({ name, at: ts }));
  }

  /** When the last byte of the answer came to a request that was sent right after a moment. */
  arrivalOf(asked: number): number {
    const sent = this.#main.find(({ name, ts }) => name === 'ResourceSendRequest' && ts >= asked);
    const id = sent?.args?.data?.requestId;
    const done = this.#main.find(({ name, args }) => name === 'ResourceFinish' && args?.data?.requestId === id);
    if (id === undefined || done === undefined) throw new Error('the trace does not show an answer');
    return done.ts;
  }

  /** The end of the first frame that the main thread handed to the compositor after a moment. */
  frameAfter(moment: number): number {
    const commit = this.#main.find(({ name, ts }) => name === 'Commit' && ts >= moment);
    if (commit === undefined) throw new Error('the trace shows no frame');
    return commit.ts + (commit.dur ?? 0);
  }

  /** What the main thread did in a span, each moment counted for the innermost thing that has a sort. */
  work({ start, end }: Span): Work {
    const work: Work = { script: 0, style: 0, layout: 0, paint: 0, other: 0, total: 0, cpu: 0, cpuOfAll: 0 };
    const open: { end: number; sort: Sort | undefined }[] = [];
    const count = (sort: Sort | undefined, us: number, cpuUs: number): void => {
      if (sort === undefined) return;
      work[sort] += us / 1000;
      work.cpuOfAll += cpuUs / 1000;
      if (sort === 'script' || sort === 'style' || sort === 'layout') {
        work.total += us / 1000;
        work.cpu += cpuUs / 1000;
      }
    };
    for (const event of this.#spans) {
      const from = Math.max(event.ts, start);
      const to = Math.min(event.ts + (event.dur ?? 0), end);
      if (to <= from) continue;
      while (open.length > 0 && (open.at(-1)?.end ?? 0) <= event.ts) open.pop();
      const outer = open.at(-1);
      const sort = sortOf(event) ?? outer?.sort ?? 'other';
      const us = to - from;
      const cpuUs = (us / Math.max(1, event.dur ?? 1)) * Math.min(event.tdur ?? us, event.dur ?? us);
      count(sort, us, cpuUs);
      if (outer !== undefined) count(outer.sort, -us, -cpuUs);
      open.push({ end: event.ts + (event.dur ?? 0), sort });
    }
    return work;
  }

  /** From the first to the last frame that the page drew between its marks `scroll begins` and `scroll ends`. */
  scrolled(): Span {
    const [begins, ends] = this.marks('scroll ');
    if (begins === undefined || ends === undefined) throw new Error('the trace shows no scrolling');
    const events = this.#main.filter(({ name, ts }) => name === 'ScrollLayer' && ts >= begins.at && ts <= ends.at);
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined || first === last) throw new Error('the trace shows no scrolling');
    return { start: first.ts, end: last.ts };
  }

  frames({ start, end }: Span): Frames {
    const seconds = (end - start) / 1e6;
    const within = ({ ts }: TraceEvent): boolean => ts >= start && ts <= end;
    const reported = this.#process.filter((event) => within(event) && event.name === 'PipelineReporter');
    const states = reported.flatMap(({ ph, args }) =>
      ph === 'b' && args?.frame_reporter ? [args.frame_reporter] : [],
    );
    const presented = states.filter(({ state }) => /^STATE_PRESENTED_/.test(state ?? ''));
    const commits = this.#main.filter((event) => within(event) && event.name === 'Commit').map(({ ts }) => ts);
    const edges = [start, ...commits, end];
    return {
      // One frame is reported for the compositor and for what the page drew into it.
      perSecond: new Set(presented.map((frame) => frame.frame_sequence)).size / seconds,
      mainPerSecond: commits.length / seconds,
      dropped: states.filter(({ state }) => state === 'STATE_DROPPED').length,
      incomplete:
        (100 * presented.filter((frame) => frame.has_missing_content === true).length) / Math.max(1, presented.length),
      longestMainGapMs: Math.max(...edges.slice(1).map((at, index) => at - (edges[index] ?? at))) / 1000,
    };
  }
}
