/** What the pages with a long list share: single changes, the search, the table, and the row that has the focus. */

import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { ClientError, type SettingsClient } from './client.js';
import { number } from './format.js';
import { LivePage } from './live-page.js';
import { type MessageKey, t, tn } from './messages.js';
import { button, note, rowSpacer, stateCard, tableHead } from './parts.js';
import { virtual } from './virtual-list.js';

/** With more changes than this at once the whole list is asked for again. */
const kFetchSingly = 20;

/** Calls `run` again and again; returns what ends that. */
export function every(milliseconds: number, run: () => void): () => void {
  const clock = setInterval(run, milliseconds);
  return () => clearInterval(clock);
}

export abstract class ListPage<T extends { readonly id: string }> extends LivePage {
  @state() protected items: readonly T[] = [];
  @state() protected damaged = 0;
  /** What is searched for. */
  @state() protected words = '';
  /** The row that stays in the document because it has the focus, or is to get it. */
  @state() private kept = '';

  #changed = new Set<string>();
  #made: unknown;
  #madeOf: readonly unknown[] = [];

  /** How long ago something was is shown to the minute. */
  protected override listen(_client: SettingsClient): readonly (() => void)[] {
    return [every(60_000, () => this.requestUpdate())];
  }

  /** Reads one of the list that was changed; `undefined` when it does not belong there. */
  protected async readOne(_client: SettingsClient, _id: string): Promise<T | undefined> {
    return undefined;
  }

  /**
   * Reads what has changed, soon and with all that changes until then: each, or the whole list when they are many or one
   * of them has no id.
   */
  protected follow(id: string): void {
    this.#changed.add(id);
    this.gather(() => void this.#readChanged());
  }

  async #readChanged(): Promise<void> {
    const { client } = this;
    const ids = this.#changed;
    this.#changed = new Set();
    if (client === undefined || ids.size > kFetchSingly || ids.has('') || this.phase !== 'ready') return this.reload();
    for (const id of ids) {
      let item: T | undefined;
      try {
        item = await this.readOne(client, id);
      } catch (thrown) {
        if (ClientError.from(thrown).code !== 'NOT_FOUND') return this.reload();
      }
      if (item === undefined) this.drop([id]);
      else this.put(item);
    }
  }

  protected put(item: T): void {
    this.outdate();
    this.items = [...this.items.filter(({ id }) => id !== item.id), item];
  }

  protected drop(ids: readonly string[]): void {
    this.outdate();
    const gone = new Set(ids);
    this.items = this.items.filter(({ id }) => !gone.has(id));
  }

  /** What says whether a text has all the words that are searched for. */
  protected finder(): (text: string) => boolean {
    const words = this.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return (text) => {
      const all = text.toLocaleLowerCase();
      return words.every((word) => all.includes(word));
    };
  }

  /** The array that `make` makes: the same until what it is made of changes, so that the list can tell. */
  protected remember<R>(of: readonly unknown[], make: () => readonly R[]): readonly R[] {
    if (!of.every((part, index) => part === this.#madeOf[index])) this.#made = undefined;
    this.#madeOf = of;
    this.#made ??= make();
    return this.#made as readonly R[];
  }

  /** Moves the focus to a button in a row, wherever the list is scrolled to, or else to the heading. */
  protected async focusRow(key = '', button = '.disclose'): Promise<void> {
    this.kept = key;
    await this.focusOn(`[data-key="${CSS.escape(key)}"] ${button}`);
  }

  /** A table whose rows are drawn when they are in sight; each is a `<tbody>`. */
  protected renderTable<R>(
    label: string,
    columns: readonly string[],
    rows: readonly R[],
    keyOf: (row: R) => string,
    draw: (row: R, ariaRowIndex: number) => TemplateResult,
  ): TemplateResult {
    return html`<div class="card">
      <table
        class="table long"
        role="table"
        aria-label=${label}
        aria-rowcount=${rows.length + 1}
        @focusin=${(event: FocusEvent) => {
          this.kept = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.key ?? '';
        }}
      >
        ${tableHead(columns, t('list.actions'))}
        ${virtual<R>({
          items: rows,
          key: keyOf,
          row: (row, index) =>
            html`<tbody role="rowgroup" data-index=${index} data-key=${keyOf(row)}>${draw(row, index + 2)}</tbody>`,
          size: 55,
          keep: [this.kept],
          spacer: (pixels) => rowSpacer(columns.length + 1, pixels),
        })}
      </table>
    </div>`;
  }

  protected renderDamaged(): unknown {
    return this.damaged === 0 ? nothing : note('danger damaged', 'warning', tn('list.damaged', this.damaged));
  }

  /** What stands for a list in which nothing was found. */
  protected renderNone(text: MessageKey, clear: () => void): TemplateResult {
    return stateCard(nothing, '', t(text), button(t('list.clear'), clear));
  }

  protected renderFoot(stem: ListStem, shown: number, count: number): TemplateResult {
    return html`<div class="foot"><span role="status">${countText(stem, shown, count)}</span></div>`;
  }
}

type ListStem = 'connections' | 'secrets' | 'access';

/** How many are shown, of how many. */
export function countText(stem: ListStem, shown: number, count: number): string {
  const all = tn(`${stem}.count`, count);
  return shown === count ? all : t('list.shown', { shown: number(shown), count: all });
}
