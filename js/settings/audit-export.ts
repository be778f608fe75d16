/** The dialog that saves the audit log as a file: read from the core piece by piece, put together in the page. */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { exportStyles } from './audit-styles.js';
import { ClientError } from './client.js';
import { size } from './format.js';
import { LiveElement } from './live-element.js';
import { t } from './messages.js';
import { button, dialogHead, problem, submit } from './parts.js';
import { controls } from './styles.js';

const kFormats = ['csv', 'jsonl'] as const;
const kTypes = { csv: 'text/csv', jsonl: 'application/jsonl' } as const;

/** Says so in the status line when the file was handed to the browser. */
@customElement('strongroom-audit-export')
export class AuditExport extends LiveElement {
  static override readonly styles = [controls, exportStyles];

  @state() private opened = false;
  @state() private format: (typeof kFormats)[number] = 'csv';
  @state() private bytes: number | undefined;
  @state() private failure: ClientError | undefined;

  /** Grows when a run is given up. */
  #run = 0;

  /** Asks for the format. Focus returns to where it was when the dialog closes. */
  async open(): Promise<void> {
    this.opened = true;
    this.failure = undefined;
    await this.updateComplete;
    this.dialog.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dialog?.close();
  }

  async #export(event: Event): Promise<void> {
    event.preventDefault();
    const { client, format } = this;
    if (client === undefined || this.bytes !== undefined) return;
    this.#run += 1;
    const run = this.#run;
    this.bytes = 0;
    this.failure = undefined;
    try {
      const pieces: Blob[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.invoke('audit.export', { format, ...(cursor === undefined ? {} : { cursor }) });
        if (run !== this.#run) return;
        const piece = new Blob([page.text]);
        pieces.push(piece);
        this.bytes += piece.size;
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      const file = `strongroom-audit-${new Date().toISOString().slice(0, 10)}.${format}`;
      save(new Blob(pieces, { type: `${kTypes[format]};charset=utf-8` }), file);
      this.dialog.close();
      this.say(t('audit.export.done', { file }));
    } catch (thrown) {
      if (run === this.#run) this.failure = ClientError.from(thrown);
    } finally {
      if (run === this.#run) this.bytes = undefined;
    }
  }

  #closed(): void {
    this.#run += 1;
    this.bytes = undefined;
    this.opened = false;
  }

  protected override render(): TemplateResult {
    return html`<dialog class="compact" aria-labelledby="title" aria-describedby="text" @close=${this.#closed}>
      ${this.opened ? this.#renderForm() : nothing}
    </dialog>`;
  }

  #renderForm(): TemplateResult {
    const { bytes } = this;
    const title = t('audit.export.title');
    return html`${dialogHead(title)}
      <form @submit=${this.#export}>
        <div class="body">
          ${problem(this.failure, t('audit.export.failed'))}
          <p id="text">${t('audit.export.text')}</p>
          <fieldset class="field">
            <legend>${t('audit.export.format')}</legend>
            ${kFormats.map((format) => {
              const chosen = this.format === format;
              return html`<label>
                <input
                  type="radio"
                  name="format"
                  ?autofocus=${chosen}
                  .checked=${chosen}
                  @change=${() => {
                    this.format = format;
                  }}
                />
                ${t(`audit.export.${format}`)}
              </label>`;
            })}
          </fieldset>
          <div role="status">
            ${
              bytes === undefined
                ? nothing
                : html`<progress aria-label=${title}></progress>
                    <p class="muted number">${t('audit.export.progress', { size: size(bytes) })}</p>`
            }
          </div>
        </div>
        <footer>
          ${button(t('form.cancel'), () => this.dialog.close())}
          ${submit(t('audit.export'), bytes !== undefined)}
        </footer>
      </form>`;
  }
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken hold of the content by the time the next task runs.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
