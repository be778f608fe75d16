/** What the forms of connections share: fields drawn from a provider's schema, and what is wrong with them. */

import { html, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { FieldValue, ProviderInfo } from '../../contracts/index.js';
import { ClientError } from './client.js';
import { type Draft, type Field, fieldProblem, fieldsOf, kNoNumber, own, textProblem } from './connection-model.js';
import { t } from './messages.js';
import { attributesOf, beside } from './parts.js';
import { nameProblem } from './rules.js';
import { type Faults, type FormField, idOf, type SecretField, SecretForm } from './secret-form.js';

const kInputTypes: Readonly<Record<string, string>> = { uri: 'url', iri: 'url', email: 'email', date: 'date' };

/** Fires `strongroom-outdated` when the terms of its provider are others than the page has read. */
export abstract class ConnectionForm extends SecretForm<Draft> {
  @property({ attribute: false }) provider: ProviderInfo | undefined;

  protected override draft: Draft = { name: '', raw: {} };

  /** What is wrong with the name and fields. */
  protected faults({ name, raw }: Draft, provider: ProviderInfo): Faults {
    return [
      ['/displayName', nameProblem(name)],
      ...fieldsOf(provider, false).map((field) => [pathOf(field), fieldProblem(field, own(raw, field.name))] as const),
    ];
  }

  /** What is refused because it is by other terms than were shown is read anew: nobody may have told of the change. */
  protected async asShown<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (thrown) {
      if (ClientError.from(thrown).detail === 'terms-changed') this.tell('outdated');
      throw thrown;
    }
  }

  /** Where what is entered may be sent. */
  protected renderPlaces(places: string): TemplateResult {
    return html`<p class="hint">${t('connection.to', { places })}</p>`;
  }

  protected renderName(): TemplateResult {
    const { name } = this.draft;
    const path = '/displayName';
    const field = { path, label: t('form.name'), required: true, hint: t('connection.name.hint') };
    return this.renderText(field, nameProblem(name), name, (value) => this.edit({ name: value }, path));
  }

  protected renderField(field: Field): TemplateResult {
    const { name, schema, label, required } = field;
    const path = pathOf(field);
    const hint = schema.description ?? '';
    const raw = own(this.draft.raw, name);
    const problem = fieldProblem(field, raw);
    const set = (value: string | boolean): void => this.edit({ raw: { ...this.draft.raw, [name]: value } }, path);
    const form: FormField = { path, label, required, hint };
    const text = typeof raw === 'string' ? raw : '';
    if (schema.enum !== undefined) {
      const values = schema.enum.map((value) => [JSON.stringify(value), shown(value)] as const);
      const none = t(required ? 'field.choose.hint' : 'field.choose.none');
      return this.renderChoice(form, problem, [['', none], ...values], text, set);
    }
    if (schema.type === 'boolean') {
      const id = idOf(path);
      const fault = this.faultAt(path, problem);
      const { invalid, describedBy } = attributesOf(id, fault, hint);
      return html`<div class="field">
        <label class="tick"
          ><input
            id=${id}
            type="checkbox"
            .checked=${raw === true}
            aria-invalid=${invalid}
            aria-describedby=${describedBy}
            @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}
          /><bdi>${label}</bdi></label
        >
        ${beside(id, fault, hint)}
      </div>`;
    }
    const number = schema.type !== 'string';
    const type = number ? 'number' : (kInputTypes[schema.format ?? ''] ?? 'text');
    return this.renderText(
      form,
      problem,
      text === kNoNumber && type !== 'text' ? '' : text,
      (value, { validity }) => set(validity.badInput ? kNoNumber : value),
      {
        type,
        step: number ? (schema.multipleOf ?? (schema.type === 'integer' ? 1 : 'any')) : undefined,
        min: schema.minimum,
        max: schema.maximum,
        autocapitalize: 'off',
        dir: type === 'text' ? 'auto' : 'ltr',
        placeholder: schema.examples?.[0],
      },
    );
  }
}

/** Draws fields so that each keeps its elements, and what was typed into them, when the provider changes its others. */
export function byField(fields: readonly Field[], draw: (field: Field) => TemplateResult): unknown {
  return repeat(fields, ({ name }) => name, draw);
}

function pathOf({ name }: Field): string {
  return `/fields/${name}`;
}

/** A secret that a provider asks for, as a field; `needed`: it is not sent without. */
export function secretOf({ name, schema, label, required }: Field, needed = required): SecretField {
  return {
    path: `/secrets/${name}`,
    label,
    required,
    hint: schema.description,
    problem: (value) => (value !== '' ? textProblem(schema, value) : needed ? t('field.required') : undefined),
  };
}

/** A value of a field for people. */
export function shown(value: FieldValue): string {
  return typeof value === 'boolean' ? t(value ? 'field.yes' : 'field.no') : String(value);
}
