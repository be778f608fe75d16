/** The dialog that does one thing to many: asks first, shows how far it is, can be stopped, says what failed. */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { bulkStyles } from './bulk-styles.js';
import { ClientError } from './client.js';
import { errorText, number } from './format.js';
import { icon } from './icons.js';
import { t, tn } from './messages.js';
import { controls } from './styles.js';

/** How many names are shown before the rest is counted. */
const kNamesShown = 6;

/** What is done to whom; `stem` chooses the words. */
export interface BulkTask {
  readonly stem: 'secrets' | 'grants';
  readonly items: readonly { readonly id: string; readonly name: string }[];
  run(id: string): Promise<unknown>;
}

type Item = BulkTask['items'][number];

/** Fires `strongroom-bulk` with the ids that were done when it closes and any were. */
@customElement('strongroom-bulk-dialog')
export class BulkDialog extends LitElement {
  static override readonly styles = [controls, bulkStyles];

  @state() private task: BulkTask | undefined;
  @state() private phase: 'asking' | 'running' | 'over' = 'asking';
  @state() private waiting: readonly Item[] = [];
  @state() private done: readonly string[] = [];
  @state() private failed: readonly (Item & { readonly reason: string })[] = [];
  @query('dialog') private dialog!: HTMLDialogElement;

  #stopped = false;

  /** Asks whether to do it. Focus returns to where it was when the dialog closes. */
  async open(task: BulkTask): Promise<void> {
    this.task = task;
    this.phase = 'asking';
    this.waiting = task.items;
    this.done = [];
    this.failed = [];
    await this.updateComplete;
    this.dialog.showModal();
  }

  async #run(): Promise<void> {
    const { task } = this;
    if (task === undefined || this.phase === 'running') return;
    this.phase = 'running';
    this.#stopped = false;
    this.waiting = [...this.waiting, ...this.failed];
    this.failed = [];
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.stop')?.focus();
    while (this.waiting.length > 0 && !this.#stopped) {
      const [item, ...rest] = this.waiting as [Item, ...Item[]];
      try {
        await task.run(item.id);
        this.done = [...this.done, item.id];
      } catch (thrown) {
        // Gone already is what was wanted.
        const error = ClientError.from(thrown);
        if (error.code === 'NOT_FOUND') this.done = [...this.done, item.id];
        else this.failed = [...this.failed, { ...item, reason: errorText(error) }];
      }
      this.waiting = rest;
    }
    if (this.waiting.length === 0 && this.failed.length === 0) return this.dialog.close();
    this.phase = 'over';
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.close')?.focus();
  }

  #close(): void {
    if (this.phase === 'running') this.#stopped = true;
    else this.dialog.close();
  }

  #closed(): void {
    this.#stopped = true;
    const { done } = this;
    this.task = undefined;
    if (done.length > 0) this.dispatchEvent(new CustomEvent<readonly string[]>('strongroom-bulk', { detail: done }));
  }

  protected override render(): TemplateResult {
    const { task } = this;
    return html`<dialog
      class="compact"
      role="alertdialog"
      aria-labelledby="title"
      aria-describedby="text"
      @cancel=${(event: Event) => {
        if (this.phase !== 'running') return;
        event.preventDefault();
        this.#stopped = true;
      }}
      @close=${this.#closed}
    >
      ${
        task === undefined
          ? nothing
          : html`
            <header><h2 id="title">${tn(`bulk.${task.stem}.title`, task.items.length)}</h2></header>
            <div class="body">${this.#renderBody(task)}</div>
            <footer>
              <button type="button" class="close ${this.phase === 'running' ? 'stop' : ''}" autofocus @click=${this.#close}>
                ${t(this.phase === 'running' ? 'bulk.stop' : this.phase === 'over' ? 'form.close' : 'form.cancel')}
              </button>
              <button type="button" class="danger" aria-disabled=${this.phase === 'running'} @click=${() => void this.#run()}>
                ${t(this.phase === 'running' ? 'bulk.running' : this.phase === 'over' ? 'bulk.retry' : `bulk.${task.stem}.confirm`)}
              </button>
            </footer>
          `
      }
    </dialog>`;
  }

  #renderBody(task: BulkTask): TemplateResult {
    const total = task.items.length;
    if (this.phase === 'asking') {
      const more = total - kNamesShown;
      return html`<p id="text">${t(`bulk.${task.stem}.text`)}</p>
        <ul class="names">
          ${task.items.slice(0, more === 1 ? total : kNamesShown).map(({ name }) => html`<li><bdi>${name}</bdi></li>`)}
          ${more > 1 ? html`<li class="muted">${t('bulk.more', { count: number(more) })}</li>` : nothing}
        </ul>`;
    }
    const tried = this.done.length + this.failed.length;
    return html`<div class="progress" id="text">
        <progress max=${total} value=${tried} aria-label=${t('bulk.running')}></progress>
        <p class="muted" role="status">${t('bulk.progress', { done: number(tried), total: number(total) })}</p>
      </div>
      ${this.phase === 'over' && this.waiting.length > 0 ? html`<p>${t('bulk.stopped')}</p>` : nothing}
      ${
        this.failed.length === 0
          ? nothing
          : html`<div class="note danger" role="alert">${icon('warning')}<div>
              <strong>${tn('bulk.failed', this.failed.length)}</strong>
              <ul class="names">
                ${this.failed.map(({ name, reason }) => html`<li><bdi>${name}</bdi>: ${reason}</li>`)}
              </ul>
            </div></div>`
      }`;
  }
}
