/**
 * The dialog that adds a secret, replaces its value or edits the rest of it.
 *
 * A value lives in its input element alone, from the keystroke to the request: it is in no property, no template and no
 * event, and the element is emptied when the value was saved, when the dialog closes and when the connection is lost.
 */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RequestOf, SecretInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient } from './client.js';
import { dialogStyles } from './dialog-styles.js';
import { errorText, sentence } from './format.js';
import { icon } from './icons.js';
import { t, tn, tOr } from './messages.js';
import { envKeyProblem, lengthOf, nameProblem, type Pair, pairProblem, rules, valueProblem } from './rules.js';
import { controls } from './styles.js';

/** What the dialog is for. */
export type SecretTask = 'add' | 'replace' | 'edit';

/** Told to the page when something was saved: `strongroom-saved`. */
export interface SavedDetail {
  readonly task: SecretTask;
  readonly info: SecretInfo;
}

interface Draft {
  readonly name: string;
  readonly kind: string;
  readonly envKey: string;
  readonly pairs: readonly Pair[];
}

type Changes = Omit<RequestOf<'secrets.update'>, 'id' | 'revision'>;
type ChosenKind = RequestOf<'secrets.create'>['kind'];

/** Kinds whose values have several lines, so that they get a field that keeps them. */
const kManyLines: ReadonlySet<string> = new Set(['ssh_key', 'acme_account_key', 'managed_private_key']);

let lastPairId = 0;

function draftOf(info: SecretInfo | undefined): Draft {
  return {
    name: info?.name ?? '',
    kind: info?.kind ?? 'api_key',
    envKey: info?.envKey ?? '',
    pairs: Object.entries(info?.metadata ?? {}).map(([key, value]) => ({ id: ++lastPairId, key, value })),
  };
}

function metadataOf(draft: Draft): Record<string, string> {
  return Object.fromEntries(draft.pairs.filter((pair) => pair.key !== '').map((pair) => [pair.key, pair.value]));
}

function sameMetadata(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => other[key] === one[key]);
}

/** The fields in which a draft differs from what it began as: an update carries no others. */
function changesOf(base: SecretInfo, draft: Draft): Changes {
  const changes: Changes = {};
  if (draft.name !== base.name) changes.name = draft.name;
  if (draft.kind !== base.kind) changes.kind = draft.kind as ChosenKind;
  if ((draft.envKey || null) !== base.envKey) changes.envKey = draft.envKey || null;
  if (!sameMetadata(metadataOf(draft), base.metadata)) changes.metadata = metadataOf(draft);
  return changes;
}

@customElement('strongroom-secret-dialog')
export class SecretDialog extends LitElement {
  static override readonly styles = [controls, dialogStyles];

  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;

  @state() private task: SecretTask | undefined;
  @state() private base: SecretInfo | undefined;
  @state() private draft: Draft = draftOf(undefined);
  @state() private theirs: SecretInfo | undefined;
  @state() private typed: ReadonlySet<string> = new Set();
  @state() private submitted = false;
  @state() private saving = false;
  @state() private answers: ReadonlyMap<string, string> = new Map();
  @state() private failure: ClientError | undefined;
  @state() private manyLines = false;
  @state() private valueLength = 0;
  @state() private valueFault: string | undefined;
  @state() private valueSpaced = false;
  @state() private valueLost = false;

  @query('dialog') private dialog!: HTMLDialogElement;
  @query('#value') private valueField!: HTMLInputElement | HTMLTextAreaElement | null;

  /** Opens the dialog; `info` is the secret to change. Focus returns to where it was when the dialog closes. */
  async open(task: SecretTask, info?: SecretInfo): Promise<void> {
    this.task = task;
    this.base = info;
    this.draft = draftOf(info);
    this.theirs = undefined;
    this.typed = new Set();
    this.submitted = false;
    this.saving = false;
    this.answers = new Map();
    this.failure = undefined;
    this.manyLines = kManyLines.has(this.draft.kind);
    this.valueLost = false;
    this.#noticeValue();
    await this.updateComplete;
    this.dialog.showModal();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('online') && !this.online && (this.valueField?.value ?? '') !== '') {
      this.#clearValue();
      this.valueLost = true;
    }
  }

  #clearValue(): void {
    if (this.valueField !== null) this.valueField.value = '';
    this.#noticeValue();
  }

  /** Takes from the value what may be kept: its length and what is wrong with it. */
  #noticeValue(): void {
    const value = this.valueField?.value ?? '';
    this.valueLength = lengthOf(value);
    this.valueFault = valueProblem(value);
    this.valueSpaced = value !== '' && value !== value.trim();
  }

  #close(): void {
    this.#clearValue();
    this.dialog.close();
  }

  /** Taking the form out of the document also takes the input's undo history with it. */
  #closed(): void {
    this.#clearValue();
    this.task = undefined;
    this.draft = draftOf(undefined);
    this.base = undefined;
    this.theirs = undefined;
  }

  #edit(field: keyof Draft, part: Partial<Draft>): void {
    this.draft = { ...this.draft, ...part };
    this.#touch(field);
  }

  #touch(field: string): void {
    this.typed = new Set([...this.typed, field]);
    if ([...this.answers.keys()].some((path) => path.split('/')[1] === field)) {
      this.answers = new Map([...this.answers].filter(([path]) => path.split('/')[1] !== field));
    }
  }

  /** What is wrong by the rules, whether it is shown yet or not. */
  #faults(): Map<string, string> {
    const faults = new Map<string, string>();
    const note = (path: string, problem: string | undefined): void => {
      if (problem !== undefined) faults.set(path, problem);
    };
    if (this.task !== 'replace') {
      note('/name', nameProblem(this.draft.name));
      note('/envKey', envKeyProblem(this.draft.envKey));
      for (const pair of this.draft.pairs) note(`/metadata/${pair.id}`, pairProblem(pair, this.draft.pairs));
    }
    if (this.task !== 'edit') note('/value', this.valueFault);
    return faults;
  }

  /** What stands beside a field: the core's answer until the field is edited, then the rules as one types. */
  #faultAt(path: string): string | undefined {
    const field = path.split('/')[1] ?? '';
    const answer = this.answers.get(path);
    if (answer !== undefined) return answer;
    return this.submitted || this.typed.has(field) ? this.#faults().get(path) : undefined;
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.saving || this.task === undefined) return;
    this.submitted = true;
    this.answers = new Map();
    this.failure = undefined;
    if (this.#faults().size > 0) return await this.#focusFault();
    this.saving = true;
    try {
      const task = this.task;
      const info = await this.#save(task);
      this.#close();
      this.dispatchEvent(new CustomEvent<SavedDetail>('strongroom-saved', { detail: { task, info } }));
    } catch (thrown) {
      await this.#explain(ClientError.from(thrown));
    } finally {
      this.saving = false;
    }
  }

  async #save(task: SecretTask): Promise<SecretInfo> {
    const { client, draft, base } = this;
    if (client === undefined) throw new ClientError('DISCONNECTED', '');
    const value = this.valueField?.value ?? '';
    if (task === 'add') {
      const metadata = metadataOf(draft);
      return await client.invoke('secrets.create', {
        name: draft.name,
        kind: draft.kind as ChosenKind,
        value,
        ...(draft.envKey === '' ? {} : { envKey: draft.envKey }),
        ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      });
    }
    if (base === undefined) throw new ClientError('NOT_FOUND', '');
    if (task === 'replace') return await client.invoke('secrets.replaceValue', { id: base.id, value });
    const changes = changesOf(base, draft);
    if (Object.keys(changes).length === 0) return base;
    return await client.invoke('secrets.update', { id: base.id, ...changes, revision: base.revision });
  }

  async #explain(error: ClientError): Promise<void> {
    if (this.task === undefined) return;
    if (error.code === 'DISCONNECTED') this.#clearValue();
    if (error.code === 'CONFLICT' && this.base !== undefined) {
      try {
        this.theirs = await this.client?.invoke('secrets.get', { id: this.base.id });
        await this.updateComplete;
        this.renderRoot.querySelector<HTMLElement>('h2')?.focus();
        return;
      } catch (thrown) {
        this.failure = ClientError.from(thrown);
        return;
      }
    }
    const answers = new Map<string, string>();
    for (const issue of error.issues) answers.set(this.#fieldPath(issue.path), sentence(issue.message));
    if (error.code === 'ALREADY_EXISTS') {
      for (const field of ['name', 'envKey'] as const) {
        if (error.detail === field || answers.has(`/${field}`)) answers.set(`/${field}`, t(`form.taken.${field}`));
      }
    }
    this.answers = answers;
    await this.updateComplete;
    if (this.renderRoot.querySelector('[aria-invalid="true"]') === null) this.failure = error;
    else await this.#focusFault();
  }

  /** The core names a metadata line by its key, the form by its own number. */
  #fieldPath(pointer: string): string {
    const match = /^\/metadata\/(.*)$/s.exec(pointer);
    if (match?.[1] === undefined) return pointer;
    const key = match[1].replaceAll('~1', '/').replaceAll('~0', '~');
    const pair = this.draft.pairs.find((line) => line.key === key);
    return pair === undefined ? '/metadata' : `/metadata/${pair.id}`;
  }

  async #focusFault(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  async #unlock(): Promise<void> {
    try {
      await this.client?.invoke('status.unlock', {});
      this.failure = undefined;
    } catch (thrown) {
      this.failure = ClientError.from(thrown);
    }
  }

  protected override render(): TemplateResult {
    const title = this.theirs !== undefined ? 'conflict.title' : (`form.${this.task ?? 'add'}` as const);
    return html`
      <dialog aria-labelledby="title" @cancel=${this.#clearValue} @close=${this.#closed}>
        ${
          this.task === undefined
            ? nothing
            : html`
              <header>
                <h2 id="title" tabindex="-1">${t(title)}</h2>
                <button type="button" class="quiet only-icon" aria-label=${t('form.close')} @click=${this.#close}>${icon('close')}</button>
              </header>
              ${this.theirs === undefined ? this.#renderForm(this.task) : this.#renderConflict(this.theirs)}
            `
        }
      </dialog>
    `;
  }

  #renderForm(task: SecretTask): TemplateResult {
    const { draft } = this;
    return html`
      <form novalidate autocomplete="off" @submit=${this.#submit}>
        <div class="body">
          ${this.#renderFailure()}
          ${
            task === 'replace'
              ? html`<p>${t('form.replace.text', { name: draft.name, version: this.base?.version ?? 0 })}</p>`
              : html`
                ${this.#field(
                  'name',
                  t('form.name'),
                  t('form.name.hint'),
                  (attributes) => html`<input
                    id="name"
                    type="text"
                    autocomplete="off"
                    required
                    autofocus
                    .value=${live(draft.name)}
                    aria-invalid=${attributes.invalid}
                    aria-describedby=${attributes.describedBy}
                    @input=${(event: InputEvent) => this.#edit('name', { name: (event.target as HTMLInputElement).value })}
                  />`,
                )}
                <div class="two">
                  ${this.#field(
                    'kind',
                    t('form.kind'),
                    '',
                    (attributes) => html`<select
                      id="kind"
                      aria-invalid=${attributes.invalid}
                      aria-describedby=${attributes.describedBy}
                      @change=${(event: Event) => this.#chooseKind((event.target as HTMLSelectElement).value)}
                    >
                      ${rules.kinds.map(
                        (kind) =>
                          html`<option value=${kind} .selected=${kind === draft.kind}>${tOr(`kind.${kind}`, kind)}</option>`,
                      )}
                    </select>`,
                  )}
                  ${this.#field(
                    'envKey',
                    html`${t('form.envKey')} <span class="optional">${t('form.optional')}</span>`,
                    t('form.envKey.hint'),
                    (attributes) => html`<input
                      id="envKey"
                      class="mono"
                      type="text"
                      autocomplete="off"
                      autocapitalize="characters"
                      spellcheck="false"
                      dir="ltr"
                      .value=${live(draft.envKey)}
                      aria-invalid=${attributes.invalid}
                      aria-describedby=${attributes.describedBy}
                      @input=${(event: InputEvent) => this.#edit('envKey', { envKey: (event.target as HTMLInputElement).value })}
                    />`,
                  )}
                </div>
              `
          }
          ${task === 'edit' ? nothing : this.#renderValue(task)} ${task === 'replace' ? nothing : this.#renderPairs()}
        </div>
        <footer>
          <button type="button" @click=${this.#close}>${t('form.cancel')}</button>
          <button type="submit" class="primary" aria-disabled=${this.saving}>
            ${this.saving ? t('form.saving') : t(task === 'replace' ? 'form.save.replace' : 'form.save')}
          </button>
        </footer>
      </form>
    `;
  }

  #chooseKind(kind: string): void {
    this.#edit('kind', { kind });
    if (kManyLines.has(kind)) void this.#allowLines();
  }

  #renderFailure(): TemplateResult | typeof nothing {
    const { failure } = this;
    if (failure === undefined) return nothing;
    const locked = failure.code === 'KEYRING_LOCKED' || failure.code === 'KEY_MISSING' || failure.code === 'CANCELLED';
    const text = failure.code === 'NOT_FOUND' ? t('form.gone') : errorText(failure);
    return html`<div class="note danger" role="alert">
      ${icon('warning')}<div>${text}</div>
      ${locked ? html`<button type="button" @click=${() => void this.#unlock()}>${t('banner.unlock')}</button>` : nothing}
    </div>`;
  }

  #field(
    field: string,
    label: string | TemplateResult,
    hint: string | TemplateResult,
    control: (attributes: { invalid: 'true' | typeof nothing; describedBy: string | typeof nothing }) => TemplateResult,
  ): TemplateResult {
    const fault = this.#faultAt(`/${field}`);
    const ids = [fault === undefined ? '' : `${field}-error`, hint === '' ? '' : `${field}-hint`]
      .filter(Boolean)
      .join(' ');
    return html`<div class="field">
      <label for=${field}>${label}</label>
      ${control({ invalid: fault === undefined ? nothing : 'true', describedBy: ids === '' ? nothing : ids })}
      ${fault === undefined ? nothing : html`<p class="error" id="${field}-error">${icon('warning')}<span>${fault}</span></p>`}
      ${hint === '' ? nothing : html`<p class="hint" id="${field}-hint">${hint}</p>`}
    </div>`;
  }

  #renderValue(task: SecretTask): TemplateResult {
    const length = this.valueLength > 0 ? tn('form.value.length', this.valueLength) : '';
    const hint = html`${t(this.manyLines ? 'form.value.lines' : 'form.value.hint')}
      ${length === '' ? nothing : html`<span class="length">${length}</span>`}
      ${this.valueSpaced ? html`<span class="spaced">${t('form.value.space')}</span>` : nothing}
      ${this.valueLost ? html`<span class="spaced">${t('form.value.cleared')}</span>` : nothing}`;
    const input = (): void => {
      this.valueLost = false;
      this.#noticeValue();
      this.#touch('value');
    };
    // Never a template value: Lit would keep it.
    return this.#field('value', t(task === 'add' ? 'form.value' : 'form.value.new'), hint, (attributes) =>
      this.manyLines
        ? html`<textarea
            id="value"
            class="masked"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            required
            ?autofocus=${task === 'replace'}
            aria-invalid=${attributes.invalid}
            aria-describedby=${attributes.describedBy}
            @input=${input}
          ></textarea>`
        : html`<input
            id="value"
            class="mono"
            type="password"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            dir="ltr"
            data-1p-ignore
            data-lpignore="true"
            data-bwignore
            required
            ?autofocus=${task === 'replace'}
            aria-invalid=${attributes.invalid}
            aria-describedby=${attributes.describedBy}
            @input=${input}
            @paste=${this.#pasted}
          />`,
    );
  }

  /** A one-line field would drop the line breaks of a pasted key without a word. */
  #pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    void this.#allowLines(text);
  }

  async #allowLines(pasted = ''): Promise<void> {
    if (this.task === 'edit' || this.manyLines) return;
    const before = this.valueField?.value ?? '';
    const hadFocus = this.shadowRoot?.activeElement === this.valueField;
    this.#clearValue();
    this.manyLines = true;
    await this.updateComplete;
    if (this.valueField !== null) this.valueField.value = before + pasted;
    this.#noticeValue();
    if (hadFocus) this.valueField?.focus();
  }

  #renderPairs(): TemplateResult {
    const { pairs } = this.draft;
    const change = (id: number, part: Partial<Pair>): void =>
      this.#edit('pairs', { pairs: pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)) });
    const whole = this.answers.get('/metadata');
    return html`<fieldset class="field">
      <legend>${t('form.metadata')} <span class="optional">${t('form.optional')}</span></legend>
      <p class="hint">${t('form.metadata.hint')}</p>
      ${whole === undefined ? nothing : html`<p class="error" role="alert">${icon('warning')}<span>${whole}</span></p>`}
      ${repeat(
        pairs,
        (pair) => pair.id,
        (pair, index) => {
          const fault =
            this.answers.get(`/metadata/${pair.id}`) ??
            (this.typed.has('pairs') || this.submitted ? pairProblem(pair, pairs) : undefined);
          const describedBy = fault === undefined ? nothing : `pair-${pair.id}-error`;
          const invalid = fault === undefined ? nothing : 'true';
          return html`<div class="pair">
              <input
                class="key"
                type="text"
                autocomplete="off"
                placeholder=${t('form.pair.key.label')}
                aria-label=${t('form.pair.key', { line: index + 1 })}
                aria-invalid=${invalid}
                aria-describedby=${describedBy}
                .value=${live(pair.key)}
                @input=${(event: InputEvent) => change(pair.id, { key: (event.target as HTMLInputElement).value })}
              />
              <input
                type="text"
                autocomplete="off"
                placeholder=${t('form.pair.value.label')}
                aria-label=${t('form.pair.value', { line: index + 1 })}
                .value=${live(pair.value)}
                @input=${(event: InputEvent) => change(pair.id, { value: (event.target as HTMLInputElement).value })}
              />
              <button
                type="button"
                class="quiet only-icon"
                aria-label=${t('form.pair.remove', { line: index + 1 })}
                @click=${() => void this.#removePair(pair.id)}
              >
                ${icon('close')}
              </button>
            </div>
            ${fault === undefined ? nothing : html`<p class="error" id="pair-${pair.id}-error">${icon('warning')}<span>${fault}</span></p>`}`;
        },
      )}
      <div>
        <button type="button" class="quiet add" ?hidden=${pairs.length >= rules.pairs} @click=${() => void this.#addPair()}>
          ${icon('plus')}${t('form.pair.add')}
        </button>
      </div>
    </fieldset>`;
  }

  async #addPair(): Promise<void> {
    this.draft = { ...this.draft, pairs: [...this.draft.pairs, { id: ++lastPairId, key: '', value: '' }] };
    await this.updateComplete;
    [...this.renderRoot.querySelectorAll<HTMLElement>('.pair .key')].at(-1)?.focus();
  }

  async #removePair(id: number): Promise<void> {
    this.#edit('pairs', { pairs: this.draft.pairs.filter((pair) => pair.id !== id) });
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('button.add')?.focus();
  }

  #renderConflict(theirs: SecretInfo): TemplateResult {
    const { base } = this;
    const mine = { ...theirs, ...(base === undefined ? {} : changesOf(base, this.draft)) } as SecretInfo;
    const fields = (['name', 'kind', 'envKey', 'metadata'] as const).filter(
      (field) =>
        this.#shown(mine, field) !== this.#shown(theirs, field) ||
        (base !== undefined && this.#shown(base, field) !== this.#shown(theirs, field)),
    );
    return html`
      <div class="body">
        <p>${t('conflict.text', { name: base?.name ?? theirs.name })}</p>
        <div class="card">
          <table class="table plain">
            <thead>
              <tr>
                <th scope="col">${t('conflict.field')}</th>
                <th scope="col">${t('conflict.mine')}</th>
                <th scope="col">${t('conflict.theirs')}</th>
              </tr>
            </thead>
            <tbody>
              ${fields.map(
                (field) => html`<tr>
                  <th scope="row">${t(`form.${field}`)}</th>
                  <td data-label=${t('conflict.mine')}>${this.#shown(mine, field)}</td>
                  <td data-label=${t('conflict.theirs')}>${this.#shown(theirs, field)}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </div>
      <footer>
        <button type="button" @click=${this.#close}>${t('form.cancel')}</button>
        <button type="button" @click=${() => this.#decide(theirs, draftOf(theirs))}>${t('conflict.keepTheirs')}</button>
        <button
          type="button"
          class="primary"
          @click=${(event: Event) => {
            this.#decide(theirs, draftOf(mine));
            void this.#submit(event);
          }}
        >
          ${t('conflict.keepMine')}
        </button>
      </footer>
    `;
  }

  /** Goes on from what is stored now. Saving after this overwrites knowingly, or fails again if it moved on once more. */
  #decide(theirs: SecretInfo, draft: Draft): void {
    this.base = theirs;
    this.draft = draft;
    this.theirs = undefined;
    this.answers = new Map();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#name')?.focus());
  }

  #shown(info: SecretInfo, field: 'name' | 'kind' | 'envKey' | 'metadata'): string {
    if (field === 'kind') return tOr(`kind.${info.kind}`, info.kind);
    if (field !== 'metadata') return info[field] ?? t('conflict.empty');
    const lines = Object.entries(info.metadata).map(([key, value]) => `${key} = ${value}`);
    return lines.length === 0 ? t('conflict.empty') : lines.sort().join('\n');
  }
}
