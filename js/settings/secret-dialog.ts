/** The dialog that adds a secret, replaces its value or edits the rest of it. */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RequestOf, SecretInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient } from './client.js';
import { dialogStyles } from './dialog-styles.js';
import { kindText } from './format.js';
import { icon } from './icons.js';
import { regainFocus } from './live-element.js';
import { t, words } from './messages.js';
import { attributesOf, button, dialogHead, faultText, optional, submit, textIn } from './parts.js';
import { envKeyProblem, nameProblem, type Pair, pairProblem, rules, valueProblem } from './rules.js';
import { type Faults, idOf, inTurn, renderConflict, type SecretField, SecretForm, sending } from './secret-form.js';
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
type Shown = Pick<SecretInfo, 'name' | 'kind' | 'envKey' | 'metadata'>;
type ChosenKind = RequestOf<'secrets.create'>['kind'];

/** Kinds whose values have several lines, so that they get a field that keeps them. */
const kManyLines: ReadonlySet<string> = new Set(['ssh_key', 'acme_account_key', 'managed_private_key']);

let lastPairId = 0;

function draftOf(info: Shown | undefined): Draft {
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

/** Fires `strongroom-saved`. */
@customElement('strongroom-secret-dialog')
export class SecretDialog extends SecretForm<Draft> {
  static override readonly styles = [controls, dialogStyles];

  protected override draft = draftOf(undefined);

  @state() private task: SecretTask | undefined;
  @state() private base: SecretInfo | undefined;
  /** What somebody else saved meanwhile. */
  @state() private theirs: SecretInfo | undefined;

  /** Opens the dialog; `info` is the secret to change. Focus returns to where it was when the dialog closes. */
  async open(task: SecretTask, info?: SecretInfo): Promise<void> {
    this.task = task;
    this.base = info;
    this.theirs = undefined;
    this.fill(draftOf(info));
    await this.#followKind();
    this.dialog.showModal();
  }

  readonly #close = (): void => {
    this.clearSecrets();
    this.dialog.close();
  };

  /** Taking the form out of the document also takes the input's undo history with it. */
  readonly #closed = (): void => {
    this.clearSecrets();
    this.task = undefined;
    this.base = undefined;
    this.theirs = undefined;
    this.fill(draftOf(undefined));
    regainFocus(this.getRootNode() as ShadowRoot);
  };

  get #value(): SecretField {
    const replace = this.task === 'replace';
    return {
      path: '/value',
      label: t(replace ? 'form.value.new' : 'form.value'),
      required: true,
      autofocus: replace,
      problem: valueProblem,
    };
  }

  async #followKind(): Promise<void> {
    if (kManyLines.has(this.draft.kind)) await this.allowLines(this.#value);
    else await this.updateComplete;
  }

  /** What is wrong with what the dialog asks for in this task. */
  #faults(task: SecretTask): Faults {
    const { name, envKey, pairs } = this.draft;
    return [
      ...(task === 'edit' ? [] : [['/value', this.secretFault(this.#value)] as const]),
      ...(task === 'replace'
        ? []
        : [
            ['/name', nameProblem(name)] as const,
            ['/envKey', envKeyProblem(envKey)] as const,
            ...pairs.map((pair) => [pathOf(pair), pairProblem(pair, pairs)] as const),
          ]),
    ];
  }

  async #submit(task: SecretTask): Promise<void> {
    const save = async (client: SettingsClient, current: () => boolean): Promise<void> => {
      try {
        const info = await this.#save(client, task);
        // The dialog may have been closed meanwhile, and be about another secret by now.
        if (current()) this.#close();
        const detail: SavedDetail = { task, info };
        this.tell('saved', detail);
      } catch (thrown) {
        await this.#explain(client, ClientError.from(thrown), current);
      }
    };
    await this.send(this.#faults(task), save, 'form', (path) => this.#placeOf(path));
  }

  async #save(client: SettingsClient, task: SecretTask): Promise<SecretInfo> {
    const { draft, base } = this;
    const value = this.secretValue('/value');
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
    return await inTurn(base, async (newest) => {
      const { id, revision } = newest;
      if (task === 'replace') return await client.invoke('secrets.replaceValue', { id, value });
      const changes = changesOf(base, draft);
      return Object.keys(changes).length === 0
        ? newest
        : await client.invoke('secrets.update', { id, ...changes, revision });
    });
  }

  /** Shows what somebody else saved, or says beside which field the error belongs. */
  async #explain(client: SettingsClient, error: ClientError, current: () => boolean): Promise<void> {
    const { code, detail, issues } = error;
    if (code === 'CONFLICT' && this.base !== undefined && current()) {
      this.theirs = await client.invoke('secrets.get', { id: this.base.id });
      return this.focusOn('h2');
    }
    if (code !== 'ALREADY_EXISTS') throw error;
    const taken = (['name', 'envKey'] as const)
      .map((field) => ({ path: `/${field}`, code, message: t(`form.taken.${field}`), field }))
      .filter(({ path, field }) => detail === field || issues.some((issue) => issue.path === path));
    throw new ClientError(code, '', taken);
  }

  /** The core names a metadata line by its key, the form by its own number. */
  #placeOf(path: string): string {
    const [, key] = /^\/metadata\/(.*)$/s.exec(path) ?? [];
    const name = key?.replaceAll('~1', '/').replaceAll('~0', '~');
    const pair = this.draft.pairs.find((line) => line.key === name);
    return pair === undefined ? path : pathOf(pair);
  }

  protected override render(): TemplateResult {
    const { task, theirs } = this;
    return html`<dialog aria-labelledby="title" @cancel=${() => this.clearSecrets()} @close=${this.#closed}>
      ${task === undefined ? nothing : theirs === undefined ? this.#renderForm(task) : this.#renderConflict(task, theirs)}
    </dialog>`;
  }

  #renderForm(task: SecretTask): TemplateResult {
    const { name, version = 0 } = this.base ?? {};
    return html`
      ${dialogHead(t(`form.${task}`), this.#close)}
      <form novalidate autocomplete="off" @submit=${sending(() => this.#submit(task))}>
        <div class="body">
          ${this.renderFailure(t('form.gone'))}
          ${task === 'replace' ? html`<p>${t('form.replace.text', { name: name ?? '', version })}</p>` : this.#renderText()}
          ${task === 'edit' ? nothing : this.renderSecret(this.#value)} ${task === 'replace' ? nothing : this.#renderPairs()}
        </div>
        <footer>
          ${button(t('form.cancel'), this.#close)}
          ${submit(t(this.saving ? 'form.saving' : task === 'replace' ? 'secrets.replace' : 'form.save'), this.saving)}
        </footer>
      </form>
    `;
  }

  #renderText(): TemplateResult {
    const { name, kind, envKey } = this.draft;
    return html`
      ${this.renderText(
        { path: '/name', label: t('form.name'), required: true, hint: t('form.name.hint'), autofocus: true },
        nameProblem(name),
        name,
        (value) => this.edit({ name: value }, '/name'),
      )}
      <div class="two">
        ${this.renderChoice(
          { path: '/kind', label: t('form.kind'), required: true },
          undefined,
          words('kind').filter(([each]) => each !== 'connection'),
          kind,
          (value) => {
            this.edit({ kind: value }, '/kind');
            void this.#followKind();
          },
        )}
        ${this.renderText(
          { path: '/envKey', label: t('form.envKey'), required: false, hint: t('form.envKey.hint') },
          envKeyProblem(envKey),
          envKey,
          (value) => this.edit({ envKey: value }, '/envKey'),
          { class: 'mono', autocapitalize: 'characters', dir: 'ltr' },
        )}
      </div>
    `;
  }

  #editPairs(pairs: readonly Pair[]): void {
    this.edit({ pairs }, ...pairs.map(pathOf));
  }

  #renderPairs(): TemplateResult {
    const { pairs } = this.draft;
    return html`<fieldset class="field">
      <legend>${t('form.metadata')}${optional()}</legend>
      <p class="hint">${t('form.metadata.hint')}</p>
      ${repeat(
        pairs,
        ({ id }) => id,
        (pair, index) => this.#renderPair(pair, index + 1),
      )}
      <div>
        ${button(html`${icon('plus')}${t('form.pair.add')}`, () => this.#addPair(), {
          class: 'quiet add',
          hidden: pairs.length >= rules.pairs,
        })}
      </div>
    </fieldset>`;
  }

  #renderPair(pair: Pair, line: number): TemplateResult {
    const { pairs } = this.draft;
    const id = idOf(pathOf(pair));
    const fault = this.faultAt(pathOf(pair), pairProblem(pair, pairs));
    const { invalid, describedBy } = attributesOf(id, fault, '');
    const input = (part: 'key' | 'value'): TemplateResult => html`<input
      id=${part === 'key' ? id : nothing}
      type="text"
      autocomplete="off"
      placeholder=${t(`form.pair.${part}.label`)}
      aria-label=${t(`form.pair.${part}`, { line })}
      aria-invalid=${part === 'key' ? invalid : nothing}
      aria-describedby=${part === 'key' ? describedBy : nothing}
      .value=${pair[part]}
      @input=${(event: Event) =>
        this.#editPairs(pairs.map((each) => (each === pair ? { ...pair, [part]: textIn(event) } : each)))}
    />`;
    return html`<div class="pair">
        ${input('key')} ${input('value')}
        ${button(
          icon('close'),
          () => {
            this.#editPairs(pairs.filter((each) => each !== pair));
            return this.focusOn('.add');
          },
          { class: 'quiet only-icon', label: t('form.pair.remove', { line }) },
        )}
      </div>
      ${faultText(id, fault)}`;
  }

  #addPair(): Promise<void> {
    const pair: Pair = { id: ++lastPairId, key: '', value: '' };
    this.edit({ pairs: [...this.draft.pairs, pair] });
    return this.focusOn(`#${idOf(pathOf(pair))}`);
  }

  #renderConflict(task: SecretTask, theirs: SecretInfo): TemplateResult {
    const base = this.base ?? theirs;
    const mine = { ...theirs, ...changesOf(base, this.draft) } as SecretInfo;
    const [own, other, before] = [mine, theirs, base].map(textsOf) as [Texts, Texts, Texts];
    const fields = ['name', 'kind', 'envKey', 'metadata'] as const;
    return renderConflict(
      base.name,
      fields.map((field) => [t(`form.${field}`), own[field], other[field], before[field]]),
      this.#close,
      () => this.#decide(theirs, theirs),
      () => {
        this.#decide(theirs, mine);
        void this.#submit(task);
      },
    );
  }

  /** Goes on from what is stored now. Saving after this overwrites knowingly, or fails again if it moved on once more. */
  #decide(theirs: SecretInfo, shown: Shown): void {
    this.base = theirs;
    this.theirs = undefined;
    this.fill(draftOf(shown));
    void this.focusOn('#name');
  }
}

/** Where a metadata line stands in the form. */
function pathOf({ id }: Pair): string {
  return `/metadata/${id}`;
}

/** What is said of a secret, as text. */
type Texts = Record<keyof Shown, string>;

function textsOf({ name, kind, envKey, metadata }: Shown): Texts {
  const lines = Object.entries(metadata).map(([key, value]) => `${key} = ${value}`);
  return { name, kind: kindText(kind), envKey: envKey ?? '', metadata: lines.sort().join('\n') };
}
