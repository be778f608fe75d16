/**
 * Long lists: of thousands of rows only those in sight are in the document.
 *
 * `virtual({…})` is a child expression of a template. It works in any element whose children it is given: a list, or a
 * `<table>` with one `<tbody>` for each row. What stands for the rows out of sight is a spacer before, after and, where a
 * row is kept, between them. The place that scrolls is found by itself: the nearest ancestor that does, looked up
 * through shadow roots and slots, or else the window. Give it `overflow-anchor: none`.
 */

import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  observeWindowOffset,
  observeWindowRect,
  type Range,
  Virtualizer,
  type VirtualizerOptions,
  windowScroll,
} from '@tanstack/virtual-core';
import { html, type TemplateResult } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import { type ChildPart, directive, type PartInfo } from 'lit/directive.js';
import { repeat } from 'lit/directives/repeat.js';

/** Rows that are drawn beyond either edge, so that a quick scroll does not outrun them. */
const kOverscan = 4;
/** What is taken to be in sight until the browser has said it. */
const kFirstRect = { width: 800, height: 800 };

type Virtual = Virtualizer<Element | Window, Element>;
type Options = VirtualizerOptions<Element | Window, Element>;

/** What `virtual()` is given; `items` is compared by identity. */
export interface VirtualList<T> {
  readonly items: readonly T[];
  /** A row's identity; unique. */
  readonly key: (item: T) => string;
  /** Draws one row: one element, with the attribute `data-index=${index}`. */
  readonly row: (item: T, index: number) => TemplateResult;
  /** About how high a row is, in CSS pixels; those that were drawn are measured. */
  readonly size: number;
  /** Keys of rows that stay in the document wherever one scrolls, such as the one that has the focus. */
  readonly keep?: readonly string[];
  /** The key of a row that is to be in sight: scrolled to whenever it is another one. */
  readonly reveal?: string;
  /** Draws what stands for rows out of sight, so many pixels high; by default a `<div>`. */
  readonly spacer?: (pixels: number) => TemplateResult;
}

/** A row, or (with an index below 0) a spacer. */
interface Line {
  readonly key: string;
  readonly index: number;
  readonly pixels: number;
}

/** The nearest ancestor of a node that scrolls, or the window. */
function scrollerOf(start: Node): Element | Window {
  let node: Node | null = start;
  while (node !== null) {
    if (node instanceof Element) {
      if (/auto|scroll/.test(getComputedStyle(node).overflowY) && node !== document.scrollingElement) return node;
      node = node.assignedSlot ?? node.parentNode;
    } else {
      node = node instanceof ShadowRoot ? node.host : null;
    }
  }
  return window;
}

// A property, not an attribute: the page's policy forbids styles in markup.
const divSpacer = (pixels: number): TemplateResult =>
  html`<div aria-hidden="true" .style=${`block-size:${pixels}px`}></div>`;

class VirtualDirective extends AsyncDirective {
  readonly #part: ChildPart;
  #list: VirtualList<unknown> | undefined;
  #keys: readonly string[] = [];
  #indexes: ReadonlyMap<string, number> = new Map();
  #keyOf = (_index: number): string => '';
  #virtual: Virtual | undefined;
  #scroller: Element | Window = window;
  #stop: (() => void) | undefined;
  /** How far the first row is from the start of what scrolls. */
  #margin = 0;
  /** The height that rows are taken to have before they are measured: that of the first one that was. */
  #height = 0;
  #revealed: string | undefined;
  #drawn: readonly Line[] = [];
  #scheduled = false;

  constructor(info: PartInfo) {
    super(info);
    this.#part = info as ChildPart;
  }

  override render(_list: VirtualList<unknown>): unknown {
    return undefined;
  }

  override update(_part: ChildPart, [list]: [VirtualList<unknown>]): unknown {
    if (this.#list?.items !== list.items) {
      this.#keys = list.items.map(list.key);
      this.#indexes = new Map(this.#keys.map((key, index) => [key, index]));
      this.#invalidate();
    }
    this.#list = list;
    if (this.#virtual === undefined) this.#findScroller();
    else this.#virtual.setOptions(this.#options());
    this.#schedule();
    return this.#draw(this.#lines());
  }

  override disconnected(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#virtual = undefined;
  }

  override reconnected(): void {
    this.#findScroller();
    this.#schedule();
  }

  /** The sizes are computed anew when the function that gives the keys is another one. */
  #invalidate(): void {
    const keys = this.#keys;
    this.#keyOf = (index) => keys[index] ?? '';
  }

  /** Narrow windows may scroll as a whole where wide ones have panes that do. */
  #findScroller(): void {
    const { parentNode } = this.#part;
    if (!parentNode.isConnected) return;
    const scroller = scrollerOf(parentNode);
    if (this.#virtual === undefined || scroller !== this.#scroller) {
      this.disconnected();
      this.#scroller = scroller;
      this.#virtual = new Virtualizer(this.#options());
      const unmount = this.#virtual._didMount();
      const resized = (): void => {
        this.#findScroller();
        this.#schedule();
      };
      addEventListener('resize', resized);
      this.#stop = () => {
        removeEventListener('resize', resized);
        unmount();
      };
    }
    this.#virtual.setOptions(this.#options());
  }

  #options(): Options {
    const scroller = this.#scroller;
    const ofWindow = scroller === window;
    const list = this.#list;
    return {
      count: this.#keys.length,
      getScrollElement: () => scroller,
      getItemKey: this.#keyOf,
      estimateSize: () => this.#height || (list?.size ?? 1),
      overscan: kOverscan,
      scrollMargin: this.#margin,
      initialRect: kFirstRect,
      initialOffset: () => (scroller instanceof Element ? scroller.scrollTop : scroller.scrollY),
      onChange: () => this.#schedule(),
      rangeExtractor: (range: Range) => {
        const kept = (list?.keep ?? []).map((key) => this.#indexes.get(key)).filter((index) => index !== undefined);
        return [...new Set([...defaultRangeExtractor(range), ...kept])].sort((one, other) => one - other);
      },
      scrollToFn: ofWindow ? windowScroll : elementScroll,
      observeElementRect: ofWindow ? observeWindowRect : observeElementRect,
      observeElementOffset: ofWindow ? observeWindowOffset : observeElementOffset,
    } as Options;
  }

  /** What is to be in the document now. */
  #lines(): readonly Line[] {
    const virtual = this.#virtual;
    if (virtual === undefined) return [];
    const lines: Line[] = [];
    let end = this.#margin;
    const space = (to: number, key: string): void => {
      if (to - end >= 1) lines.push({ key, index: -1, pixels: to - end });
    };
    for (const item of virtual.getVirtualItems()) {
      space(item.start, lines.length === 0 ? 'first space' : `space ${item.key}`);
      lines.push({ key: `row ${item.key}`, index: item.index, pixels: 0 });
      end = item.end;
    }
    space(this.#margin + virtual.getTotalSize(), 'last space');
    return lines;
  }

  #draw(lines: readonly Line[]): unknown {
    this.#drawn = lines;
    const list = this.#list;
    if (list === undefined) return undefined;
    const spacer = list.spacer ?? divSpacer;
    return repeat(
      lines,
      ({ key }) => key,
      ({ index, pixels }) => (index < 0 ? spacer(pixels) : list.row(list.items[index], index)),
    );
  }

  /** Rows that were measured, scrolling and the owner all ask for a drawing; one serves them all. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.isConnected) this.#redraw();
    });
  }

  #redraw(): void {
    // At the first drawing the template was not in the document yet.
    if (this.#virtual === undefined) this.#findScroller();
    const virtual = this.#virtual;
    if (virtual === undefined) return;
    virtual.setOptions(this.#options());
    virtual._willUpdate();
    const { reveal } = this.#list ?? {};
    const index = reveal === undefined ? undefined : this.#indexes.get(reveal);
    if (reveal !== this.#revealed && (index !== undefined || reveal === undefined)) {
      this.#revealed = reveal;
      if (index !== undefined) virtual.scrollToIndex(index, { align: 'auto' });
    }
    const lines = this.#lines();
    const drawn = this.#drawn;
    const same = ({ key, index, pixels }: Line, at: number): boolean =>
      key === drawn[at]?.key && index === drawn[at].index && pixels === drawn[at].pixels;
    // The owner, who is asked for what stands in the rows, has just drawn these.
    if (lines.length !== drawn.length || !lines.every(same)) this.setValue(this.#draw(lines));
    this.#measure(virtual);
  }

  #measure(virtual: Virtual): void {
    // Lets go of rows that are not in the document any more.
    virtual.measureElement(null);
    let first: Element | undefined;
    let height = 0;
    const { startNode, endNode } = this.#part;
    for (let node = startNode?.nextSibling ?? null; node !== null && node !== endNode; node = node.nextSibling) {
      if (!(node instanceof HTMLElement)) continue;
      first ??= node;
      if (!node.hasAttribute('data-index')) continue;
      height ||= node.offsetHeight;
      virtual.measureElement(node);
    }
    if (first === undefined) return;
    const scroller = this.#scroller;
    const start = scroller instanceof Element ? scroller.getBoundingClientRect().top - scroller.scrollTop : -scrollY;
    const margin = Math.round(first.getBoundingClientRect().top - start);
    const moved = Math.abs(margin - this.#margin) > 1;
    if (moved) this.#margin = margin;
    const guessed = this.#height || (this.#list?.size ?? 0);
    if (this.#height === 0) this.#height = height;
    if (this.#height !== 0 && this.#height !== guessed) this.#invalidate();
    else if (!moved) return;
    this.#schedule();
  }
}

const virtualDirective = directive(VirtualDirective);

/** Draws those rows of a long list that are in sight. */
export function virtual<T>(list: VirtualList<T>): unknown {
  return virtualDirective(list as VirtualList<unknown>);
}
