/** The chart of the Audit page: accesses of each day, with those that were denied or failed standing out. */

import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AuditDay } from '../../contracts/index.js';
import { chartStyles } from './audit-styles.js';
import { number } from './format.js';
import { locales, t } from './messages.js';
import { button } from './parts.js';
import { controls } from './styles.js';

/** How many days are shown. */
export const kDays = 30;
export const kDayMs = 86_400_000;
const kHeight = 64;
/** So that a single denial among thousands of accesses is still seen. */
const kLeast = 3;

const kKinds = ['allowed', 'failed', 'denied'] as const;

/** Fires `strongroom-day` with a day (`2026-11-21`, UTC) whose entries are to be shown. */
@customElement('strongroom-audit-chart')
export class AuditChart extends LitElement {
  static override readonly styles = [controls, chartStyles];

  /** Those that have entries, oldest first. */
  @property({ attribute: false }) days: readonly AuditDay[] = [];
  @property({ attribute: false }) picked = '';
  @state() private asTable = false;

  /** Every day up to today, those without entries too. */
  #all(): readonly AuditDay[] {
    const known = new Map(this.days.map((day) => [day.day, day]));
    const today = Math.floor(Date.now() / kDayMs);
    return Array.from({ length: kDays }, (_, index) => {
      const day = new Date((today - kDays + 1 + index) * kDayMs).toISOString().slice(0, 10);
      return known.get(day) ?? { day, allowed: 0, denied: 0, failed: 0 };
    });
  }

  #pick(day: string): void {
    this.dispatchEvent(new CustomEvent('strongroom-day', { detail: day }));
  }

  protected override render(): TemplateResult {
    const days = this.#all();
    const none = days.every((day) => countOf(day) === 0);
    const sums = kKinds.map((kind) => [kind, number(days.reduce((total, day) => total + day[kind], 0))]);
    const text = t(none ? 'audit.chart.none' : 'audit.chart.text', { days: kDays, ...Object.fromEntries(sums) });
    return html`<figure class="card" aria-labelledby="title" aria-describedby="text">
      <figcaption>
        <h2 id="title">${t('audit.chart')}</h2>
        <p class="muted small number" id="text">${text}</p>
        ${button(
          t(this.asTable ? 'audit.chart.bars' : 'audit.chart.table'),
          () => {
            this.asTable = !this.asTable;
          },
          { class: 'quiet', hidden: none },
        )}
      </figcaption>
      ${none ? nothing : this.asTable ? this.#renderTable(days) : this.#renderBars(days)}
    </figure>`;
  }

  // Decoration beside the sentence above and the table: a pointer may pick a day here, a keyboard does so in the table.
  #renderBars(days: readonly AuditDay[]): TemplateResult {
    const most = Math.max(...days.map(countOf));
    return html`<svg class="bars" viewBox="0 0 ${kDays * 10} ${kHeight}" preserveAspectRatio="none" aria-hidden="true">
        ${days.map((day, index) => {
          let top = kHeight;
          return svg`<g class="day ${day.day === this.picked ? 'picked' : ''}" @click=${() => this.#pick(day.day)}>
            <title>${`${dayText(day.day)}: ${kKinds.map((kind) => `${t(`audit.outcome.${kind}`)} ${number(day[kind])}`).join(', ')}`}</title>
            <rect class="back" x=${index * 10} y="0" width="10" height=${kHeight} />
            ${kKinds.map((kind) => {
              if (day[kind] === 0) return nothing;
              const height = Math.max((day[kind] / most) * (kHeight - 2 * kLeast), kLeast);
              top -= height;
              return svg`<rect class=${kind} x=${index * 10 + 1.5} y=${top} width="7" height=${height} />`;
            })}
          </g>`;
        })}
      </svg>
      <div class="scale muted" aria-hidden="true">
        <span>${dayText(days[0]?.day ?? '')}</span><span>${dayText(days.at(-1)?.day ?? '')}</span>
      </div>`;
  }

  #renderTable(days: readonly AuditDay[]): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="title">
      <table>
        <thead>
          <tr>
            <th scope="col">${t('audit.chart.day')}</th>
            ${kKinds.map((kind) => html`<th scope="col" class="end">${t(`audit.outcome.${kind}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${days
            .filter((day) => countOf(day) > 0)
            .reverse()
            .map(
              (day) => html`<tr>
                <th scope="row">
                  ${button(dayText(day.day), () => this.#pick(day.day), {
                    class: 'link',
                    label: t('audit.chart.pick', { day: dayText(day.day) }),
                  })}
                </th>
                ${kKinds.map((kind) => html`<td class="number end ${day[kind] > 0 ? kind : 'muted'}">${number(day[kind])}</td>`)}
              </tr>`,
            )}
        </tbody>
      </table>
    </div>`;
  }
}

function countOf({ allowed, denied, failed }: AuditDay): number {
  return allowed + denied + failed;
}

function dayText(day: string): string {
  if (day === '') return '';
  return new Intl.DateTimeFormat(locales(), { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(day));
}
