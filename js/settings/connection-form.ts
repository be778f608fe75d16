/**
 * What the forms of connections share: fields drawn from a provider's schema, and what is wrong with them.
 *
 * A secret lives in its input element alone, from the keystroke to the request: it is in no property, no template and no
 * event. The element is emptied when it was saved, when the form goes away and when the connection to the core is lost.
 */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { FieldValue, ProviderInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient } from './client.js';
import {
  type Draft,
  displayNameProblem,
  type Field,
  fieldProblem,
  fieldsOf,
  kNoNumber,
  textProblem,
} from './connection-model.js';
import { errorText, sentence } from './format.js';
import { icon } from './icons.js';
import { t, tn } from './messages.js';
import { lengthOf } from './rules.js';

const kLockedCodes: ReadonlySet<string> = new Set(['KEYRING_LOCKED', 'KEY_MISSING', 'CANCELLED']);
const kInputTypes: Readonly<Record<string, string>> = { uri: 'url', iri: 'url', email: 'email', date: 'date' };

/** What may be kept of a secret that is being typed. */
interface Noticed {
  readonly length: number;
  readonly spaced: boolean;
  readonly fault: string | undefined;
}

const kNothingTyped: Noticed = { length: 0, spaced: false, fault: undefined };

/** How a control refers to what stands beside it. */
interface Attributes {
  readonly invalid: 'true' | typeof nothing;
  readonly describedBy: string | typeof nothing;
}

export abstract class ConnectionForm extends LitElement {
  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;
  @property({ attribute: false }) provider: ProviderInfo | undefined;

  @state() protected draft: Draft = { name: '', raw: {} };
  @state() protected saving = false;
  @state() protected failure: ClientError | undefined;
  /** JSON Pointers, as the core writes them, of what was edited since the form was filled. */
  @state() private typed: ReadonlySet<string> = new Set();
  @state() private submitted = false;
  @state() private answers: ReadonlyMap<string, string> = new Map();
  @state() private noticed: ReadonlyMap<string, Noticed> = new Map();
  @state() private lost: ReadonlySet<string> = new Set();
  @state() private manyLines: ReadonlySet<string> = new Set();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.clearSecrets();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('online') && !this.online) {
      const lost = this.#secretInputs().filter(({ value }) => value !== '');
      this.clearSecrets();
      this.lost = new Set([...this.lost, ...lost.map((input) => input.name)]);
    }
  }

  /** Begins anew with `draft`: nothing was typed yet. */
  protected fill(draft: Draft): void {
    this.draft = draft;
    this.typed = new Set();
    this.submitted = false;
    this.answers = new Map();
    this.failure = undefined;
  }

  #secretInputs(): (HTMLInputElement | HTMLTextAreaElement)[] {
    return [...(this.renderRoot ?? this).querySelectorAll<HTMLInputElement>('[data-secret]')];
  }

  #secretInput(field: string): HTMLInputElement | HTMLTextAreaElement | undefined {
    return this.#secretInputs().find(({ name }) => name === field);
  }

  /** Empties every secret field. */
  protected clearSecrets(): void {
    for (const input of this.#secretInputs()) input.value = '';
    this.noticed = new Map();
    this.manyLines = new Set();
  }

  /** Empties one secret field. */
  protected clearSecret(field: string): void {
    const input = this.#secretInput(field);
    if (input !== undefined) input.value = '';
    this.noticed = new Map([...this.noticed].filter(([name]) => name !== field));
    this.manyLines = new Set([...this.manyLines].filter((name) => name !== field));
    this.typed = new Set([...this.typed].filter((path) => path !== `/secrets/${field}`));
  }

  /** What was typed into a secret field: for the request, and nothing else. */
  protected secretValue(field: string): string {
    return this.#secretInput(field)?.value ?? '';
  }

  protected touch(path: string): void {
    this.typed = new Set([...this.typed, path]);
    if (this.answers.has(path)) this.answers = new Map([...this.answers].filter(([place]) => place !== path));
  }

  protected edit(path: string, part: Partial<Draft>): void {
    this.draft = { ...this.draft, ...part };
    this.touch(path);
  }

  #noticeSecret(field: Field): void {
    const value = this.secretValue(field.name);
    const fault = value === '' ? undefined : textProblem(field.schema, value);
    const spaced = value !== '' && value !== value.trim();
    this.noticed = new Map([...this.noticed, [field.name, { length: lengthOf(value), spaced, fault }]]);
  }

  /** What is wrong by the rules, whether it is shown yet or not. */
  protected faults(secrets: readonly Field[]): Map<string, string> {
    const faults = new Map<string, string>();
    const note = (path: string, problem: string | undefined): void => {
      if (problem !== undefined) faults.set(path, problem);
    };
    note('/displayName', displayNameProblem(this.draft.name));
    if (this.provider !== undefined) {
      for (const field of fieldsOf(this.provider, false)) {
        note(`/fields/${field.name}`, fieldProblem(field, this.draft.raw[field.name]));
      }
    }
    for (const field of secrets) note(`/secrets/${field.name}`, this.secretFault(field));
    return faults;
  }

  protected secretFault(field: Field): string | undefined {
    const { length, fault } = this.noticed.get(field.name) ?? kNothingTyped;
    return length === 0 && field.required ? t('field.required') : fault;
  }

  /** Marks the form as sent: from now on every fault shows. True when there is none. */
  protected async check(faults: ReadonlyMap<string, string>): Promise<boolean> {
    this.submitted = true;
    this.answers = new Map();
    this.failure = undefined;
    if (faults.size === 0) return true;
    this.typed = new Set([...this.typed, ...faults.keys()]);
    await this.focusFault();
    return false;
  }

  /** Shows an answer of the core: beside the fields it names, above the form otherwise. */
  protected async explain(thrown: unknown, rename: (path: string) => string = (path) => path): Promise<void> {
    const error = ClientError.from(thrown);
    if (error.code === 'DISCONNECTED') this.clearSecrets();
    this.answers = new Map(error.issues.map(({ path, message }) => [rename(path), sentence(message)]));
    await this.updateComplete;
    if (this.renderRoot.querySelector('form [aria-invalid="true"]') === null) this.failure = error;
    else await this.focusFault();
  }

  protected async focusFault(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #faultAt(path: string, rule: () => string | undefined): string | undefined {
    return this.answers.get(path) ?? (this.submitted || this.typed.has(path) ? rule() : undefined);
  }

  async #unlock(): Promise<void> {
    try {
      await this.client?.invoke('status.unlock', {});
      this.failure = undefined;
    } catch (thrown) {
      this.failure = ClientError.from(thrown);
    }
  }

  protected renderFailure(): TemplateResult | typeof nothing {
    const { failure } = this;
    if (failure === undefined) return nothing;
    const places = failure.issues.map(({ message }) => sentence(message)).join(' ');
    return html`<div class="note danger" role="alert">
      ${icon('warning')}
      <div>${failure.code === 'NOT_FOUND' ? t('connection.gone.text') : places === '' ? errorText(failure) : places}</div>
      ${
        kLockedCodes.has(failure.code)
          ? html`<button type="button" @click=${() => void this.#unlock()}>${t('banner.unlock')}</button>`
          : nothing
      }
    </div>`;
  }

  protected renderName(): TemplateResult {
    const fault = this.#faultAt('/displayName', () => displayNameProblem(this.draft.name));
    return this.#around(
      'field-',
      t('connection.name'),
      true,
      t('connection.name.hint'),
      fault,
      ({ invalid, describedBy }) => {
        return html`<input
        id="field-"
        type="text"
        autocomplete="off"
        dir="auto"
        required
        .value=${live(this.draft.name)}
        aria-invalid=${invalid}
        aria-describedby=${describedBy}
        @input=${(event: InputEvent) => this.edit('/displayName', { name: (event.target as HTMLInputElement).value })}
      />`;
      },
    );
  }

  protected renderField(field: Field): TemplateResult {
    const { name, schema, label, required } = field;
    const path = `/fields/${name}`;
    const raw = this.draft.raw[name];
    const fault = this.#faultAt(path, () => fieldProblem(field, raw));
    const set = (value: string | boolean): void => this.edit(path, { raw: { ...this.draft.raw, [name]: value } });
    const id = `field-${name}`;
    if (schema.type === 'boolean' && schema.enum === undefined) {
      const hint = schema.description ?? '';
      const describedBy = describe(id, fault, hint);
      return html`<div class="field">
        <label class="tick"
          ><input
            id=${id}
            type="checkbox"
            .checked=${live(raw === true)}
            aria-invalid=${fault === undefined ? nothing : 'true'}
            aria-describedby=${describedBy}
            @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}
          /><bdi>${label}</bdi></label
        >
        ${beside(id, fault, hint)}
      </div>`;
    }
    return this.#around(id, label, required, schema.description ?? '', fault, (attributes) =>
      schema.enum === undefined
        ? this.#renderInput(field, id, raw, attributes, set)
        : renderChoice(field, id, raw, attributes, set),
    );
  }

  #renderInput(
    { schema, required }: Field,
    id: string,
    raw: string | boolean | undefined,
    { invalid, describedBy }: Attributes,
    set: (value: string) => void,
  ): TemplateResult {
    const number = schema.type !== 'string';
    const text = typeof raw === 'string' && raw !== kNoNumber ? raw : '';
    const [example] = schema.examples ?? [];
    const placeholder = example === undefined ? nothing : String(example);
    if (text.includes('\n')) {
      return html`<textarea
        id=${id}
        ?required=${required}
        .value=${live(text)}
        aria-invalid=${invalid}
        aria-describedby=${describedBy}
        @input=${(event: InputEvent) => set((event.target as HTMLTextAreaElement).value)}
      ></textarea>`;
    }
    const type = number ? 'number' : (kInputTypes[schema.format ?? ''] ?? 'text');
    return html`<input
      id=${id}
      type=${type}
      step=${number ? (schema.multipleOf ?? (schema.type === 'integer' ? 1 : 'any')) : nothing}
      min=${schema.minimum ?? nothing}
      max=${schema.maximum ?? nothing}
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      dir=${type === 'text' ? 'auto' : 'ltr'}
      placeholder=${placeholder}
      ?required=${required}
      .value=${live(text)}
      aria-invalid=${invalid}
      aria-describedby=${describedBy}
      @input=${(event: InputEvent) => {
        const input = event.target as HTMLInputElement;
        set(input.validity.badInput ? kNoNumber : input.value);
      }}
    />`;
  }

  /** A field for a secret that is to be entered. Never a template value: Lit would keep it. */
  protected renderSecret(field: Field): TemplateResult {
    const { name, schema, label, required } = field;
    const path = `/secrets/${name}`;
    const { length, spaced } = this.noticed.get(name) ?? kNothingTyped;
    const hint = html`${schema.description ?? t('form.value.hint')}
      ${length > 0 ? html`<span class="length">${tn('form.value.length', length)}</span>` : nothing}
      ${spaced ? html`<span class="spaced">${t('form.value.space')}</span>` : nothing}
      ${this.lost.has(name) ? html`<span class="spaced">${t('form.value.cleared')}</span>` : nothing}`;
    const input = (): void => {
      if (this.lost.has(name)) this.lost = new Set([...this.lost].filter((other) => other !== name));
      this.#noticeSecret(field);
      this.touch(path);
    };
    const id = `secret-${name}`;
    const fault = this.#faultAt(path, () => this.secretFault(field));
    return this.#around(id, label, required, hint, fault, ({ invalid, describedBy }) =>
      this.manyLines.has(name)
        ? html`<textarea
            id=${id}
            name=${name}
            class="masked"
            data-secret
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            ?required=${required}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
          ></textarea>`
        : html`<input
            id=${id}
            name=${name}
            class="mono"
            type="password"
            data-secret
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            data-1p-ignore
            data-lpignore="true"
            data-bwignore
            ?required=${required}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @input=${input}
            @paste=${(event: ClipboardEvent) => this.#pasted(event, field)}
          />`,
    );
  }

  /** A one-line field would drop the line breaks of a pasted key without a word. */
  #pasted(event: ClipboardEvent, field: Field): void {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    void this.#allowLines(field, text);
  }

  async #allowLines(field: Field, pasted: string): Promise<void> {
    const before = this.secretValue(field.name);
    this.manyLines = new Set([...this.manyLines, field.name]);
    await this.updateComplete;
    const input = this.#secretInput(field.name);
    if (input === undefined) return;
    input.value = before + pasted;
    this.#noticeSecret(field);
    this.touch(`/secrets/${field.name}`);
    input.focus();
  }

  #around(
    id: string,
    label: string,
    required: boolean,
    hint: string | TemplateResult,
    fault: string | undefined,
    control: (attributes: Attributes) => TemplateResult,
  ): TemplateResult {
    return html`<div class="field">
      <label for=${id}><bdi>${label}</bdi>${required ? nothing : html` <span class="optional">${t('form.optional')}</span>`}</label>
      ${control({ invalid: fault === undefined ? nothing : 'true', describedBy: describe(id, fault, hint) })}
      ${beside(id, fault, hint)}
    </div>`;
  }
}

function describe(id: string, fault: string | undefined, hint: string | TemplateResult): string | typeof nothing {
  const ids = [fault === undefined ? '' : `${id}-error`, hint === '' ? '' : `${id}-hint`].filter(Boolean).join(' ');
  return ids === '' ? nothing : ids;
}

function beside(id: string, fault: string | undefined, hint: string | TemplateResult): TemplateResult {
  return html`${fault === undefined ? nothing : html`<p class="error" id="${id}-error">${icon('warning')}<span>${fault}</span></p>`}
  ${hint === '' ? nothing : html`<p class="hint" dir="auto" id="${id}-hint">${hint}</p>`}`;
}

function renderChoice(
  { schema, required }: Field,
  id: string,
  raw: string | boolean | undefined,
  { invalid, describedBy }: Attributes,
  set: (value: string) => void,
): TemplateResult {
  return html`<select
    id=${id}
    ?required=${required}
    aria-invalid=${invalid}
    aria-describedby=${describedBy}
    @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}
  >
    <option value="" .selected=${raw === undefined || raw === ''}>${t(required ? 'field.choose.hint' : 'field.choose.none')}</option>
    ${(schema.enum ?? []).map((value) => {
      const json = JSON.stringify(value);
      return html`<option value=${json} .selected=${json === raw}>${shown(value)}</option>`;
    })}
  </select>`;
}

/** A value of a field for people. */
export function shown(value: FieldValue): string {
  return typeof value === 'boolean' ? t(value ? 'field.yes' : 'field.no') : String(value);
}
