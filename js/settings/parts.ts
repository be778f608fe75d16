/** The parts that pages and dialogs are put together of: plain functions that draw, and hold nothing. */

import { html, nothing, type TemplateResult } from 'lit';
import type { ClientError } from './client.js';
import { errorText } from './format.js';
import { type IconName, icon } from './icons.js';
import { t } from './messages.js';

/** What a button may have beside its text and what it does. */
interface ButtonMore {
  /** `primary`, `danger`, `quiet`, `link`, `only-icon`, and names of one's own. */
  readonly class?: string;
  /** What it is called where its text alone does not say it. */
  readonly label?: string;
  readonly title?: string;
  /** It is seen and can be reached, but does nothing now: what it does has to look for itself. */
  readonly disabled?: boolean;
  readonly hidden?: boolean;
  readonly autofocus?: boolean;
}

/** A button. */
export function button(content: unknown, click: (event: Event) => unknown, more: ButtonMore = {}): TemplateResult {
  return html`<button
    type="button"
    class=${more.class ?? nothing}
    aria-label=${more.label ?? nothing}
    title=${more.title ?? nothing}
    aria-disabled=${more.disabled ?? nothing}
    ?hidden=${more.hidden}
    ?autofocus=${more.autofocus}
    @click=${click}
  >
    ${content}
  </button>`;
}

/** The button that sends a form. */
export function submit(text: string, busy: boolean): TemplateResult {
  return html`<button type="submit" class="primary" aria-disabled=${busy}>${text}</button>`;
}

/** A remark in a box; `className` begins with its tone: `danger`, `warning`, `success` or nothing. */
export function note(
  className: string,
  name: IconName,
  content: unknown,
  action: unknown = nothing,
  role: 'alert' | 'status' | 'note' | typeof nothing = nothing,
): TemplateResult {
  return html`<div class="note ${className}" role=${role}>${icon(name)}<div>${content}</div>${action}</div>`;
}

/** What went wrong, if anything did; `lead` says in bold what it was. */
export function problem(error: ClientError | undefined, lead = ''): TemplateResult | typeof nothing {
  if (error === undefined) return nothing;
  const reason = errorText(error);
  return note('danger', 'warning', lead === '' ? reason : html`<strong>${lead}</strong> ${reason}`, nothing, 'alert');
}

/** What stands where a list or page would: nothing there yet, loading, failed. */
export function stateCard(
  name: IconName | typeof nothing,
  title: string,
  text: unknown,
  action: unknown = nothing,
  role: 'alert' | 'status' | typeof nothing = nothing,
): TemplateResult {
  return html`<div class="card state" role=${role}>
    ${name === nothing ? nothing : icon(name as IconName)}${title === '' ? nothing : html`<h2>${title}</h2>`}
    <p>${text}</p>
    ${action}
  </div>`;
}

/** What stands in the control that an event comes from. */
export function textIn(event: Event): string {
  return (event.target as HTMLInputElement).value;
}

/** The field to search in. */
export function search(
  label: string,
  hint: string,
  words: string,
  change: (words: string) => void,
  down: (event: KeyboardEvent) => void = () => {},
): TemplateResult {
  return html`<div class="search">
    ${icon('search')}<input
      type="search"
      autocomplete="off"
      spellcheck="false"
      aria-label=${label}
      placeholder=${hint}
      .value=${words}
      @input=${(event: Event) => change(textIn(event))}
      @keydown=${down}
    />
  </div>`;
}

/** The options of a `<select>`, each as value and text. */
export function options(all: Iterable<readonly [string, string]>, chosen: string): TemplateResult[] {
  return [...all].map(([value, text]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`);
}

/** A choice out of a list, without a label beside it. */
export function choice(
  label: string,
  all: Iterable<readonly [string, string]>,
  chosen: string,
  choose: (value: string) => void,
): TemplateResult {
  return html`<select aria-label=${label} @change=${(event: Event) => choose(textIn(event))}>${options(all, chosen)}</select>`;
}

/**
 * The head of a table; the last column has actions, whose heading is for those who cannot see them.
 *
 * The roles are those that the elements have anyway; a narrow window lays tables out as cards, and takes them away.
 */
export function tableHead(columns: readonly string[], actions?: string): TemplateResult {
  return html`<thead role="rowgroup">
    <tr role="row">
      ${columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}
      ${actions === undefined ? nothing : html`<th scope="col" role="columnheader"><span class="hidden">${actions}</span></th>`}
    </tr>
  </thead>`;
}

/** What stands for the rows of a table that are out of sight. */
export function rowSpacer(columns: number, pixels: number): TemplateResult {
  return html`<tbody aria-hidden="true"><tr><td class="spacer" colspan=${columns} .style=${`block-size:${pixels}px`}></td></tr></tbody>`;
}

/** Facts by name; those without a value are left out. */
export function facts(all: Iterable<readonly [string, unknown]>): TemplateResult {
  return html`<dl class="facts">
    ${[...all].map(([name, value]) => (value === null || value === nothing ? nothing : html`<dt>${name}</dt><dd>${value}</dd>`))}
  </dl>`;
}

/** The head of a dialog; one that can be put away has a button for it. */
export function dialogHead(title: string, close?: () => void): TemplateResult {
  return html`<header>
    <h2 id="title" tabindex="-1">${title}</h2>
    ${close === undefined ? nothing : button(icon('close'), close, { class: 'quiet only-icon', label: t('form.close') })}
  </header>`;
}

/** A field with its label, what is wrong with it, and a hint; `id` is that of the control. */
export function field(
  id: string,
  label: unknown,
  required: boolean,
  hint: unknown,
  fault: string | undefined,
  control: (attributes: FieldAttributes) => TemplateResult,
): TemplateResult {
  return html`<div class="field">
    <label for=${id}><bdi>${label}</bdi>${required ? nothing : optional()}</label>
    ${control(attributesOf(id, fault, hint))} ${beside(id, fault, hint)}
  </div>`;
}

/** How a control refers to what stands beside it. */
export interface FieldAttributes {
  readonly invalid: 'true' | typeof nothing;
  readonly describedBy: string | typeof nothing;
}

export function attributesOf(id: string, fault: string | undefined, hint: unknown): FieldAttributes {
  const ids = [fault === undefined ? '' : `${id}.error`, hint === '' ? '' : `${id}.hint`].filter(Boolean).join(' ');
  return { invalid: fault === undefined ? nothing : 'true', describedBy: ids === '' ? nothing : ids };
}

/** What is wrong with a control, and its hint. */
export function beside(id: string, fault: string | undefined, hint: unknown): TemplateResult {
  return html`${faultText(id, fault)} ${hint === '' ? nothing : html`<p class="hint" dir="auto" id="${id}.hint">${hint}</p>`}`;
}

/** What is wrong with a control, if anything is. */
export function faultText(id: string, fault: string | undefined): TemplateResult | typeof nothing {
  return fault === undefined
    ? nothing
    : html`<p class="error" id="${id}.error">${icon('warning')}<span>${fault}</span></p>`;
}

export function optional(): TemplateResult {
  return html` <span class="optional">${t('form.optional')}</span>`;
}
