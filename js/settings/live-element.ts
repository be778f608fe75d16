/** What every element that talks to the core shares: its client, what it hears of it, and what it says. */

import { LitElement, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import type { SettingsClient } from './client.js';
import type { IconName } from './icons.js';

/** Changes that come closer together than this are looked at together. */
const kGatherMs = 80;

export abstract class LiveElement extends LitElement {
  @property({ attribute: false }) client: SettingsClient | undefined;
  /** Whether the core can be reached; when it can again, `load` is called. */
  @property({ attribute: false }) online = true;

  #heard: SettingsClient | undefined;
  /** The element in which this one is, or was last. */
  #around: LiveElement | undefined;
  #stop: readonly (() => void)[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#around = (this.getRootNode() as ShadowRoot).host as LiveElement | undefined;
    this.#attend();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#attend();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('client')) this.#attend();
    else if (changed.get('online') === false && this.online) void this.load();
  }

  /** Whoever was at a row that is gone goes on at the one in its place, or else, as after anything else, at the heading. */
  protected override update(changed: PropertyValues<this>): void {
    const focused = this.shadowRoot?.activeElement;
    const index = focused?.closest<HTMLElement>('[data-index]')?.dataset.index;
    super.update(changed);
    if (focused?.isConnected === false) regainFocus(this.renderRoot, `[data-index="${index}"] .disclose`);
  }

  /** The dialog of an element that has one, and has been drawn. */
  protected get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog') as HTMLDialogElement;
  }

  /** Begins to listen, and returns what ends each listening. */
  protected listen(_client: SettingsClient): readonly (() => void)[] {
    return [];
  }

  /** Reads what is shown: called for a new client, in a new place in the document, and after a lost connection. */
  protected async load(): Promise<void> {}

  /** Reads again what may have changed: of what another process does to the store, nobody tells. */
  protected async reload(): Promise<void> {
    await this.load();
  }

  /** A client that is heard already is not asked again. */
  #attend(): void {
    const client = this.isConnected ? this.client : undefined;
    if (client === this.#heard) return;
    for (const stop of this.#stop) stop();
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#heard = client;
    this.#stop = client === undefined ? [] : [...this.listen(client), onReturn(() => void this.reload())];
    if (client !== undefined) void this.load();
  }

  /** Calls `run` once for all changes that come close together: the first caller's. */
  protected gather(run: () => void, milliseconds = kGatherMs): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      run();
    }, milliseconds);
  }

  /** Says what was done or, with another sign, was not, in the status line: also when this is not shown any more. */
  say(message: string, sign?: IconName): void {
    this.#around?.say(message, sign);
  }

  /** Fires `strongroom-<name>`, for the element around. */
  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`strongroom-${name}`, { detail }));
  }

  /** Moves the focus to the first element of the selector, or else to the heading, once what is to be drawn is drawn. */
  protected async focusOn(selector: string): Promise<void> {
    await this.updateComplete;
    focusIn(this.renderRoot, selector);
  }
}

/** Calls `run` once whenever the window comes to the front again; returns what ends that. */
function onReturn(run: () => void): () => void {
  const ended = new AbortController();
  let away = !document.hasFocus();
  const follow = ({ type }: Event): void => {
    const left = type === 'blur' || document.hidden;
    if (away && !left) run();
    away = left;
  };
  for (const type of ['focus', 'blur']) addEventListener(type, follow, ended);
  document.addEventListener('visibilitychange', follow, ended);
  return () => ended.abort();
}

function focusIn(root: ParentNode, selector: string): void {
  const found = root.querySelector<HTMLElement>(selector) ?? root.querySelector<HTMLElement>('h1, h2');
  found?.focus();
}

/**
 * When nothing has the focus, once whoever moves it has done so: gives it to the first element of the selector, or else to
 * the heading. A dialog that was closed gives it back to what may be gone by then.
 */
export function regainFocus(root: ParentNode, selector = 'h1'): void {
  setTimeout(() => {
    if (document.activeElement === document.body) focusIn(root, selector);
  });
}
