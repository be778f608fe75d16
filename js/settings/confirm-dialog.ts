/** The dialog that asks before something is done for good, does it, and says what failed; with many, how far it is. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { ClientError } from './client.js';
import { errorText, number } from './format.js';
import { regainFocus } from './live-element.js';
import { t, tn } from './messages.js';
import { button, dialogHead, note, problem } from './parts.js';
import { controls } from './styles.js';

/** How many names are shown before the rest is counted. */
const kNamesShown = 6;
/** What the button that closes or stops says. */
const kClose = { asking: 'form.cancel', running: 'bulk.stop', over: 'form.close' } as const;

/** What a question says, in the language that is shown. */
export interface QuestionWords {
  readonly title: string;
  /** What it means. */
  readonly text: unknown;
  /** The word on the button that does it, and what stands there while it is done. */
  readonly confirm: string;
  readonly running?: string;
}

/** What is done to whom. */
export interface Question {
  /** Asked again whenever the language changes. */
  words(): QuestionWords;
  /** To whom it is done. The names of many are listed; that of one stands in the title or text. */
  readonly items: readonly Item[];
  /** Does it to one; when that one is gone already, it is done. */
  run(id: string): Promise<unknown>;
}

interface Item {
  readonly id: string;
  readonly name?: string;
}

@customElement('strongroom-confirm-dialog')
export class ConfirmDialog extends LitElement {
  static override readonly styles = [
    controls,
    css`
      #text {
        display: grid;
        gap: 0.5rem;
      }
      #text ul {
        padding-inline-start: 1.25rem;
        list-style: disc;
      }
      .names {
        max-block-size: 12rem;
        overflow: auto;
      }
      .body > .names {
        padding: 0.75rem;
        border-radius: 6px;
        background: var(--hover);
        font-size: 0.8125rem;
      }
    `,
  ];

  @state() private question: Question | undefined;
  @state() private phase: keyof typeof kClose = 'asking';
  /** Those whose turn has not come. */
  @state() private waiting: readonly Item[] = [];
  /** Those to which it could not be done, and why. */
  @state() private failed: ReadonlyMap<Item, ClientError> = new Map();
  @query('dialog') private dialog!: HTMLDialogElement;

  #stopped = false;
  /** The ids of those to which it was done. */
  #done: string[] = [];

  /**
   * Asks, and resolves with the ids of those to which it was done, once the dialog is closed; the focus is back where it
   * was then.
   */
  async open(question: Question): Promise<readonly string[]> {
    if (this.dialog.open) {
      const closed = this.#closed();
      this.dialog.close();
      await closed;
    }
    this.question = question;
    this.phase = 'asking';
    this.waiting = question.items;
    this.failed = new Map();
    this.#done = [];
    const done = this.#done;
    await this.updateComplete;
    this.dialog.showModal();
    await this.#closed();
    // Another question may be asked by now.
    if (this.question === question) this.question = undefined;
    regainFocus(this.getRootNode() as ShadowRoot);
    return done;
  }

  #closed(): Promise<unknown> {
    return new Promise((closed) => this.dialog.addEventListener('close', closed, { once: true }));
  }

  /** A dialog that is taken out of the document with the page that asked is over. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dialog?.close();
  }

  async #run(question: Question): Promise<void> {
    if (this.phase === 'running') return;
    const done = this.#done;
    this.#stopped = false;
    this.waiting = [...this.waiting, ...this.failed.keys()];
    this.failed = new Map();
    await this.#turn('running');
    for (const item of this.waiting) {
      if (this.#stopped) break;
      let failure: ClientError | undefined;
      try {
        await question.run(item.id);
      } catch (thrown) {
        const error = ClientError.from(thrown);
        // Gone already is what was wanted.
        if (error.code !== 'NOT_FOUND') failure = error;
      }
      if (failure === undefined) done.push(item.id);
      // A browser may close a dialog that did not want to be closed.
      if (this.question !== question || !this.dialog.open) return;
      if (failure !== undefined) this.failed = new Map([...this.failed, [item, failure]]);
      this.waiting = this.waiting.slice(1);
    }
    if (this.waiting.length + this.failed.size === 0) this.dialog.close();
    else await this.#turn('over');
  }

  /** With many, the focus moves to the button that stops, and then to the one that closes. */
  async #turn(phase: keyof typeof kClose): Promise<void> {
    this.phase = phase;
    await this.updateComplete;
    if (this.#stage !== 'asking') this.renderRoot.querySelector<HTMLElement>('footer button')?.focus();
  }

  /** What is shown: one is done at once, so that nothing but its failure is to be seen. */
  get #stage(): keyof typeof kClose {
    return this.question?.items.length === 1 ? 'asking' : this.phase;
  }

  #close(event: Event): void {
    event.preventDefault();
    if (this.phase === 'running') this.#stopped = true;
    else this.dialog.close();
  }

  protected override render(): TemplateResult {
    const { question } = this;
    return html`<dialog class="compact" role="alertdialog" aria-labelledby="title" aria-describedby="text" @cancel=${this.#close}>
      ${question === undefined ? nothing : this.#renderQuestion(question)}
    </dialog>`;
  }

  #renderQuestion(question: Question): TemplateResult {
    const stage = this.#stage;
    const running = this.phase === 'running';
    const words = question.words();
    const confirm = stage === 'over' ? t('bulk.retry') : words.confirm;
    return html`
      ${dialogHead(words.title)}
      <div class="body">
        ${stage === 'asking' ? this.#renderAsking(question, words.text) : this.#renderProgress(question, stage === 'over')}
      </div>
      <footer>
        ${button(t(kClose[stage]), this.#close, { autofocus: true })}
        ${button(running ? (words.running ?? t('bulk.running')) : confirm, () => this.#run(question), { class: 'danger', disabled: running })}
      </footer>
    `;
  }

  #renderAsking({ items }: Question, text: unknown): TemplateResult {
    const more = items.length - kNamesShown;
    return html`${problem([...this.failed.values()][0])}
      <div id="text">${text}</div>
      ${
        items.length === 1
          ? nothing
          : html`<ul class="names">
              ${items.slice(0, more === 1 ? items.length : kNamesShown).map(({ name }) => html`<li><bdi>${name}</bdi></li>`)}
              ${more > 1 ? html`<li class="muted">${t('bulk.more', { count: number(more) })}</li>` : nothing}
            </ul>`
      }`;
  }

  #renderProgress({ items }: Question, over: boolean): TemplateResult {
    const { waiting, failed } = this;
    const tried = items.length - waiting.length;
    return html`<div id="text">
        <progress max=${items.length} value=${tried} aria-label=${t('bulk.running')}></progress>
        <p class="muted number" role="status">${t('list.shown', { shown: number(tried), count: number(items.length) })}</p>
      </div>
      ${over && waiting.length > 0 ? html`<p>${t('bulk.stopped')}</p>` : nothing}
      ${
        failed.size === 0
          ? nothing
          : note(
              'danger',
              'warning',
              html`<strong>${tn('bulk.failed', failed.size)}</strong>
                <ul class="names">
                  ${[...failed].map(([{ name }, failure]) => html`<li><bdi>${name}</bdi>: ${errorText(failure)}</li>`)}
                </ul>`,
              nothing,
              'alert',
            )
      }`;
  }
}
