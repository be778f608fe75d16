/**
 * What every form shares: what was typed, what is wrong with it and when that is said, how it is sent, and its secrets.
 *
 * A secret lives in its input element alone, from the keystroke to the request: it is in no property, no template and no
 * event. The element is emptied when it was saved, when the form goes away and when the connection to the core is lost.
 *
 * HTML has no password field of several lines: one is a `<textarea>` that shows dots. It gives nothing to the clipboard or
 * to a drag, as a password field does not, but its value is in the accessibility tree, where assistive programs read it.
 */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { ClientError, type SettingsClient } from './client.js';
import { errorText, sentence } from './format.js';
import { LiveElement } from './live-element.js';
import { t, tn } from './messages.js';
import { button, dialogHead, type FieldAttributes, field, note, options, tableHead, textIn } from './parts.js';
import { lengthOf } from './rules.js';

const kLockedCodes: ReadonlySet<string> = new Set(['KEYRING_LOCKED', 'KEY_MISSING', 'CANCELLED']);

/** A field of a form. */
export interface FormField {
  /** Where it stands, as the core writes it: a JSON Pointer. */
  readonly path: string;
  readonly label: string;
  readonly required: boolean;
  readonly hint?: string | undefined;
  readonly autofocus?: boolean;
}

/** A field for a secret. */
export interface SecretField extends FormField {
  /** What is wrong with a value, or undefined. */
  problem(value: string): string | undefined;
}

/** How a field for text differs from the plainest one. */
export interface TextOptions {
  readonly type?: string;
  readonly class?: string;
  readonly dir?: string;
  readonly placeholder?: unknown;
  readonly step?: number | string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Of what is no prose. */
  readonly autocapitalize?: string;
}

/** What is wrong with each of some places, if anything is. */
export type Faults = readonly (readonly [path: string, problem: string | undefined])[];

/** What may be kept of a secret that is being typed. */
interface Noticed {
  readonly length: number;
  readonly spaced: boolean;
  readonly fault: string | undefined;
  /** It has a field of several lines. */
  readonly lines: boolean;
  /** It was emptied because the connection was lost. */
  readonly lost: boolean;
}

/** What sends a form, as what listens to it being sent. */
export function sending(send: () => unknown): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    void send();
  };
}

/** What is typed into a secret field does not leave it. */
function kept(event: Event): void {
  event.preventDefault();
}

/** The id of the control of a field. */
export function idOf(path: string): string {
  return path.slice(1).replaceAll('/', '-');
}

interface Stored {
  readonly id: string;
  readonly revision: number;
}

/** By the id of what is being saved: what has come of that, once it is over. */
const turns = new Map<string, Promise<Stored | undefined>>();

/**
 * Saves a change once nothing else of the same is being saved, from a form that one has left either. `save` is given
 * `base`, or what it was made into here since: one's own change is not to be taken for somebody else's.
 */
export async function inTurn<T extends Stored>(base: T, save: (newest: T) => Promise<T>): Promise<T> {
  const { id } = base;
  const before = turns.get(id) as Promise<T | undefined> | undefined;
  const saving = (async () => {
    const since = await before;
    return save(since !== undefined && since.revision > base.revision ? since : base);
  })();
  const turn = saving.catch(() => before);
  turns.set(id, turn);
  try {
    return await saving;
  } finally {
    if (turns.get(id) === turn) turns.delete(id);
  }
}

export abstract class SecretForm<Draft extends { readonly name: string }> extends LiveElement {
  @state() protected draft!: Draft;
  @state() protected saving = false;
  @state() protected failure: ClientError | undefined;
  /** Which form, where there are several, `failure` is about. */
  #failed = '';

  /** The places where faults show: what the core says of it, or until it has spoken, and after an edit, the rules. */
  readonly #judged = new Map<string, string | undefined>();
  readonly #noticed = new Map<string, Noticed>();
  /** Texts that have, or had, several lines: their fields stay what they are while one types. */
  readonly #long = new Set<string>();
  /** What is being sent, until the form begins anew. */
  #sending: object | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.clearSecrets();
    // It would come back with the page, but not as the only thing that can be used.
    this.dialog?.close();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('online') && !this.online) this.#loseSecrets();
  }

  /** Begins anew with `draft`: nothing was typed yet, and what is being sent is not the form's any more. */
  protected fill(draft: Draft): void {
    this.draft = draft;
    this.failure = undefined;
    this.saving = false;
    this.#sending = undefined;
    this.#judged.clear();
    this.#long.clear();
    // What is no number or date stands in its element alone.
    for (const input of this.renderRoot?.querySelectorAll('input') ?? []) if (input.validity.badInput) input.value = '';
  }

  /** Changes the draft; what was said of those places does not hold any more. */
  protected edit(part: Partial<Draft>, ...paths: readonly string[]): void {
    this.draft = { ...this.draft, ...part };
    for (const path of paths) this.#touch(path);
  }

  #touch(path: string): void {
    this.#judged.set(path, undefined);
    this.requestUpdate();
  }

  /** What stands beside a field that has this problem by the rules. */
  protected faultAt(path: string, problem: string | undefined): string | undefined {
    return this.#judged.has(path) ? (this.#judged.get(path) ?? problem) : undefined;
  }

  /**
   * Sends the form, unless something is wrong or it is being sent. What the core refuses it for is shown: beside the
   * fields of `form` that it names, above the form otherwise; `placeOf` says which place in the form the core means. Whoever
   * has left the form is told that `name` was not saved. `save` is told whether the form is still about the same when the
   * answer comes.
   */
  protected async send(
    faults: Faults,
    save: (client: SettingsClient, current: () => boolean) => Promise<unknown>,
    form = 'form',
    placeOf: (path: string) => string = (path) => path,
    name = this.draft.name,
  ): Promise<void> {
    const { client } = this;
    const invalid = `${form} [aria-invalid]`;
    if (this.saving || client === undefined) return;
    for (const [path, problem] of faults) if (problem !== undefined || this.#judged.has(path)) this.#touch(path);
    this.failure = undefined;
    if (faults.some(([, problem]) => problem !== undefined)) return this.focusOn(invalid);
    this.saving = true;
    const sending = {};
    this.#sending = sending;
    const current = (): boolean => this.#sending === sending;
    try {
      await save(client, current);
    } catch (thrown) {
      const error = ClientError.from(thrown);
      const closed = !current() || this.renderRoot.querySelector(form) === null;
      if (closed || !this.isConnected) {
        // Whoever has left the form does not see there that it was not saved.
        const reason = reasonOf(error);
        this.say(error.code === 'DISCONNECTED' ? reason : t('form.unsaved', { name, reason }), 'warning');
      }
      if (closed) return;
      if (error.code === 'DISCONNECTED') this.#loseSecrets();
      for (const { path, message } of error.issues) this.#judged.set(placeOf(path), sentence(message));
      this.requestUpdate();
      await this.updateComplete;
      this.#failed = form;
      if (this.renderRoot.querySelector(invalid) === null) this.failure = error;
      else await this.focusOn(invalid);
    } finally {
      if (current()) this.saving = false;
    }
  }

  async #unlock(): Promise<void> {
    try {
      await this.client?.invoke('status.unlock', {});
      this.failure = undefined;
    } catch (thrown) {
      this.failure = ClientError.from(thrown);
    }
  }

  /** Of one line or of several: what is used of them, a text and a selection, both have. */
  #secretInputs(): HTMLTextAreaElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLTextAreaElement>('[data-secret]')];
  }

  #secretInput(path: string): HTMLTextAreaElement | undefined {
    return this.#secretInputs().find(({ dataset }) => dataset.secret === path);
  }

  /** What was typed into a secret field: for the request, and nothing else. */
  protected secretValue(path: string): string {
    return this.#secretInput(path)?.value ?? '';
  }

  /** Empties every secret field, or one, as if nothing had been typed. */
  protected clearSecrets(only?: string): void {
    for (const input of this.#secretInputs()) {
      if (only === undefined || input.dataset.secret === only) input.value = '';
    }
    for (const path of this.#noticed.keys()) {
      if (only !== undefined && path !== only) continue;
      this.#noticed.delete(path);
      this.#judged.delete(path);
    }
    this.requestUpdate();
  }

  /** Empties every secret field, and says so beside those in which something was. */
  #loseSecrets(): void {
    for (const [path, { lines, length, lost }] of this.#noticed) {
      this.#noticed.set(path, { length: 0, spaced: false, fault: undefined, lines, lost: lost || length > 0 });
    }
    for (const input of this.#secretInputs()) input.value = '';
    this.requestUpdate();
  }

  /** Keeps what may be kept of a secret. */
  #notice({ path, problem }: SecretField, lines = this.#noticed.get(path)?.lines ?? false): void {
    const value = this.secretValue(path);
    const spaced = value !== value.trim();
    this.#noticed.set(path, { length: lengthOf(value), spaced, fault: problem(value), lines, lost: false });
    this.requestUpdate();
  }

  protected secretFault({ path, problem }: SecretField): string | undefined {
    const noticed = this.#noticed.get(path);
    return noticed === undefined || noticed.length === 0 ? problem('') : noticed.fault;
  }

  /** A one-line field would drop the line breaks of a key that is pasted or dropped into it without a word. */
  #inserting(event: InputEvent, secret: SecretField): void {
    const text = event.data ?? '';
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    this.#touch(secret.path);
    void this.allowLines(secret, text);
  }

  /** Gives a secret a field of several lines, with what was typed already and, where the caret was, what is inserted. */
  protected async allowLines(secret: SecretField, inserted = ''): Promise<void> {
    const before = this.#secretInput(secret.path);
    const { value = '', selectionStart = 0, selectionEnd = 0 } = before ?? ({} as Partial<HTMLTextAreaElement>);
    const focused = before !== undefined && before === this.shadowRoot?.activeElement;
    if (before !== undefined) before.value = '';
    this.#notice(secret, true);
    await this.updateComplete;
    const input = this.#secretInput(secret.path);
    if (input === undefined) return;
    input.value = value;
    input.setSelectionRange(selectionStart, selectionEnd);
    if (inserted !== '') input.setRangeText(inserted, selectionStart, selectionEnd, 'end');
    this.#notice(secret);
    if (focused) input.focus();
  }

  /** What the core said of a whole form; `gone`: what is to be said when what it is about is not there any more. */
  protected renderFailure(gone: string, form = 'form'): TemplateResult | typeof nothing {
    const { failure } = this;
    if (failure === undefined || form !== this.#failed) return nothing;
    return note(
      'danger',
      'warning',
      failure.code === 'NOT_FOUND' ? gone : reasonOf(failure),
      kLockedCodes.has(failure.code) ? button(t('banner.unlock'), () => this.#unlock()) : nothing,
      'alert',
    );
  }

  #renderField(
    { path, label, required }: FormField,
    hint: unknown,
    problem: string | undefined,
    control: (attributes: FieldAttributes) => TemplateResult,
  ): TemplateResult {
    return field(idOf(path), label, required, hint, this.faultAt(path, problem), control);
  }

  /** A field for text. */
  protected renderText(
    text: FormField,
    problem: string | undefined,
    value: string,
    set: (value: string, input: HTMLInputElement) => void,
    more: TextOptions = {},
  ): TemplateResult {
    return this.#renderField(text, text.hint ?? '', problem, ({ invalid, describedBy }) => {
      const input = (event: Event): void => set(textIn(event), event.target as HTMLInputElement);
      if (value.includes('\n')) this.#long.add(text.path);
      return this.#long.has(text.path)
        ? html`<textarea
            id=${idOf(text.path)}
            ?required=${text.required}
            .value=${live(value)}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
          ></textarea>`
        : html`<input
            id=${idOf(text.path)}
            class=${more.class ?? nothing}
            type=${more.type ?? 'text'}
            step=${more.step ?? nothing}
            min=${more.min ?? nothing}
            max=${more.max ?? nothing}
            autocomplete="off"
            autocapitalize=${more.autocapitalize ?? nothing}
            spellcheck=${more.autocapitalize === undefined ? nothing : 'false'}
            dir=${more.dir ?? 'auto'}
            placeholder=${more.placeholder ?? nothing}
            ?required=${text.required}
            ?autofocus=${text.autofocus}
            .value=${live(value)}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
          />`;
    });
  }

  /** A field for a choice out of `all`, each as value and text. */
  protected renderChoice(
    choice: FormField,
    problem: string | undefined,
    all: Iterable<readonly [string, string]>,
    chosen: string,
    set: (value: string) => void,
  ): TemplateResult {
    return this.#renderField(
      choice,
      choice.hint ?? '',
      problem,
      ({ invalid, describedBy }) => html`<select
        id=${idOf(choice.path)}
        ?required=${choice.required}
        aria-invalid=${invalid}
        aria-describedby=${describedBy}
        @change=${(event: Event) => set(textIn(event))}
      >
        ${options(all, chosen)}
      </select>`,
    );
  }

  /** A field for a secret. Never a template value: Lit would keep it. */
  protected renderSecret(secret: SecretField): TemplateResult {
    const { path, required, autofocus } = secret;
    const { length = 0, spaced, lines, lost } = this.#noticed.get(path) ?? {};
    const hint = html`${secret.hint ?? t(lines ? 'form.value.lines' : 'form.value.hint')}
      ${length > 0 ? html`<span class="length">${tn('form.value.length', length)}</span>` : nothing}
      ${spaced ? html`<span class="spaced">${t('form.value.space')}</span>` : nothing}
      ${lost ? html`<span class="spaced">${t('form.value.cleared')}</span>` : nothing}`;
    const input = (): void => {
      this.#notice(secret);
      this.#touch(path);
    };
    return this.#renderField(secret, hint, this.secretFault(secret), ({ invalid, describedBy }) =>
      lines
        ? html`<textarea
            id=${idOf(path)}
            class="masked"
            data-secret=${path}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            ?required=${required}
            ?autofocus=${autofocus}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
            @copy=${kept}
            @cut=${kept}
            @dragstart=${kept}
          ></textarea>`
        : html`<input
            id=${idOf(path)}
            class="mono"
            type="password"
            data-secret=${path}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            data-1p-ignore
            data-lpignore="true"
            data-bwignore
            ?required=${required}
            ?autofocus=${autofocus}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
            @beforeinput=${(event: InputEvent) => this.#inserting(event, secret)}
          />`,
    );
  }
}

function reasonOf(error: ClientError): string {
  return error.issues.map(({ message }) => sentence(message)).join(' ') || errorText(error);
}

/** What stands in a dialog about what was changed both here and elsewhere: the changes side by side, and the choice. */
export function renderConflict(
  name: string,
  rows: readonly (readonly [label: string, mine: string, theirs: string, before: string])[],
  close: () => void,
  keepTheirs: () => void,
  keepMine: () => void,
): TemplateResult {
  const [mine, theirs] = [t('conflict.mine'), t('conflict.theirs')];
  return html`
    ${dialogHead(t('conflict.title'), close)}
    <div class="body">
      <p>${t('conflict.text', { name })}</p>
      <div class="card">
        <table class="table plain" role="table">
          ${tableHead([t('conflict.field'), mine, theirs])}
          <tbody role="rowgroup">
            ${rows
              .filter(([, own, other, before]) => own !== other || before !== other)
              .map(
                ([label, own, other]) => html`<tr role="row">
                  <th scope="row" role="rowheader"><bdi>${label}</bdi></th>
                  <td role="cell" data-label=${mine}><bdi>${own || t('conflict.empty')}</bdi></td>
                  <td role="cell" data-label=${theirs}><bdi>${other || t('conflict.empty')}</bdi></td>
                </tr>`,
              )}
          </tbody>
        </table>
      </div>
    </div>
    <footer>
      ${button(t('form.cancel'), close)} ${button(t('conflict.keepTheirs'), keepTheirs)}
      ${button(t('conflict.keepMine'), keepMine, { class: 'primary' })}
    </footer>
  `;
}
