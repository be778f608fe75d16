/**
 * The dialog that asks whether somebody may use a secret: whoever asks waits for the answer.
 *
 * It opens by itself, over whatever is being done, so nothing typed or clicked for something else may allow: the focus
 * starts on Deny, the buttons that allow do nothing for the first half second that a request is seen, a press that began
 * in that time, or on another request, allows nothing when it ends later, and a key that is held down presses nothing.
 */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { ConsentDecision, ConsentRequest, ProviderInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient } from './client.js';
import { consentStyles } from './consent-styles.js';
import { clock, number, plainly, roleText, wordsOf } from './format.js';
import { icon } from './icons.js';
import { LiveElement } from './live-element.js';
import { t, tn } from './messages.js';
import { button, problem } from './parts.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';

/** How long a request has to be seen before it can be allowed. */
const kGuardMs = 500;

const kDenials = ['deny', 'deny-always'] as const satisfies readonly ConsentDecision[];
const kAllowances = ['allow-once', 'allow-always'] as const satisfies readonly ConsentDecision[];

@customElement('strongroom-consent-dialog')
export class ConsentDialog extends LiveElement {
  static override readonly styles = [controls, consentStyles];

  @state() private queue: readonly ConsentRequest[] = [];
  @state() private shown: ConsentRequest | undefined;
  @state() private providers: readonly ProviderInfo[] = [];
  @state() private armed = false;
  @state() private answering: ConsentDecision | undefined;
  @state() private failure: ClientError | undefined;
  /** How many of those that waited together are answered. */
  @state() private answered = 0;

  /** Requests that the person put off; they wait on the Access page. */
  readonly #later = new Set<string>();
  readonly #over = new Set<string>();
  #guard: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;
  /** No pointer has gone down since the request can be allowed: what comes up went down for something else. */
  #early = true;
  /** A key whose going down counted. */
  #key = '';

  /** Shows a request that waits, whether it was put off or not. */
  ask(id: string): void {
    this.#later.clear();
    const request = this.queue.find((other) => other.id === id);
    for (const other of this.queue) if (other.id !== id) this.#later.add(other.id);
    if (request !== undefined) void this.#show(request);
  }

  /** In another place of the document it is opened anew: one that was moved would not keep everything else shut. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#quiet();
    this.dialog?.close();
  }

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    addEventListener('focus', this.#arm);
    document.addEventListener('visibilitychange', this.#arm);
    return [
      client.on('consent', ({ request }) => this.#add([request])),
      client.on('changed', ({ entity, change, id }) => {
        if (entity !== 'consent') return;
        if (change === 'deleted') this.#end(id);
        else void this.load();
      }),
      () => {
        removeEventListener('focus', this.#arm);
        document.removeEventListener('visibilitychange', this.#arm);
      },
    ];
  }

  /** Those that began to wait before this page listened, or while the connection was lost. */
  protected override async load(): Promise<void> {
    // What began to wait while the list was on its way is not missing from it.
    const known = this.queue.map(({ id }) => id);
    try {
      const { items } = (await this.client?.invoke('consent.list', {})) ?? { items: [] };
      for (const id of known) if (!items.some((request) => request.id === id)) this.#end(id);
      this.#add(items);
    } catch {
      // The Access page shows the same list, and why it cannot be had; after a lost connection it is asked for again.
    }
  }

  async #loadProviders(): Promise<void> {
    try {
      this.providers = (await this.client?.invoke('providers.list', {}))?.items ?? [];
    } catch {
      // Without them there is no icon, and nothing about who registered the service.
    }
  }

  #add(requests: readonly ConsentRequest[]): void {
    // An answer to `consent.list` may be older than the event that said a request is over.
    const fresh = requests.filter(({ id, expiresAt }) => !this.#over.has(id) && Date.parse(expiresAt) > Date.now());
    const kept = this.queue.filter(({ id }) => !fresh.some((request) => request.id === id));
    this.queue = [...kept, ...fresh].sort((one, other) => one.createdAt.localeCompare(other.createdAt));
    const same = this.queue.find(({ id }) => id === this.shown?.id);
    if (same !== undefined) this.shown = same;
    else if (this.shown === undefined) this.#next();
  }

  #next(): void {
    if (!this.isConnected) return;
    const request = this.queue.find(({ id }) => !this.#later.has(id));
    if (request === undefined) this.dialog?.close();
    else void this.#show(request);
  }

  async #show(request: ConsentRequest): Promise<void> {
    const first = this.shown === undefined;
    if (first) this.answered = 0;
    this.shown = request;
    this.answering = undefined;
    this.failure = undefined;
    this.#arm();
    if (first) {
      clearInterval(this.#ticking);
      this.#ticking = setInterval(() => this.#tick(), 1000);
    }
    void this.#loadProviders();
    await this.updateComplete;
    if (!this.dialog.open) this.dialog.showModal();
    this.renderRoot.querySelector<HTMLElement>('.deny')?.focus({ preventScroll: true });
    // In a low window the dialog itself scrolls, and the browser has scrolled it to the focus on opening it.
    for (const scrolled of this.renderRoot.querySelectorAll('dialog, .body')) scrolled.scrollTo(0, 0);
  }

  /** Also when the window comes to the front: what was clicked to bring it there is no answer. */
  readonly #arm = (): void => {
    clearTimeout(this.#guard);
    this.armed = false;
    this.#early = true;
    this.#key = '';
    if (this.shown === undefined) return;
    this.#guard = setTimeout(() => {
      this.armed = true;
    }, kGuardMs);
  };

  #tick(): void {
    for (const { id, expiresAt } of this.queue) if (Date.parse(expiresAt) <= Date.now()) this.#end(id);
    this.requestUpdate();
  }

  /** A request is over without an answer from here: answered elsewhere, given up or expired. */
  #end(id: string): void {
    this.#over.add(id);
    const request = this.queue.find((other) => other.id === id);
    if (request === undefined) return;
    this.queue = this.queue.filter((other) => other.id !== id);
    this.#later.delete(id);
    if (this.shown?.id !== id || this.answering !== undefined) return;
    this.say(t('consent.over', { who: plainly(request.principalId) }));
    this.#next();
  }

  async #answer(decision: ConsentDecision): Promise<void> {
    const { shown: request, client } = this;
    if (request === undefined || client === undefined || this.answering !== undefined) return;
    this.answering = decision;
    this.failure = undefined;
    try {
      await client.invoke('consent.respond', { id: request.id, decision });
    } catch (thrown) {
      const error = ClientError.from(thrown);
      this.answering = undefined;
      if (error.code !== 'NOT_FOUND' && !this.#over.has(request.id)) {
        this.failure = error;
        return;
      }
      if (this.queue.some(({ id }) => id === request.id)) return this.#end(request.id);
      this.say(t('consent.over', { who: plainly(request.principalId) }));
      if (this.shown?.id === request.id) this.#next();
      return;
    }
    this.answering = undefined;
    this.answered += 1;
    this.#over.add(request.id);
    this.queue = this.queue.filter(({ id }) => id !== request.id);
    this.say(t(`consent.answered.${decision}`, wordsOf(request)));
    if (this.shown?.id === request.id) this.#next();
  }

  #closed(): void {
    if (this.queue.some(({ id }) => id === this.shown?.id)) {
      for (const { id } of this.queue) this.#later.add(id);
    }
    this.#quiet();
    // The event comes after the dialog has closed: somebody may have asked in between.
    this.#next();
  }

  /** Nothing is shown any more. */
  #quiet(): void {
    this.shown = undefined;
    clearInterval(this.#ticking);
    this.#arm();
  }

  /** Before the buttons hear of it: a held key repeats, and one that went down too early does not count when it comes up. */
  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const target = event.composedPath()[0];
    const allows = target instanceof HTMLElement && target.closest('.allow') !== null;
    if (event.type === 'keydown' && !event.repeat) this.#key = allows && !this.armed ? '' : event.key;
    if (event.repeat || this.#key !== event.key) event.preventDefault();
    if (event.type === 'keyup') this.#key = '';
  };

  protected override render(): TemplateResult {
    return html`<dialog
      aria-labelledby="title"
      aria-describedby="who for"
      @keydown=${this.#pressed}
      @keyup=${this.#pressed}
      @pointerdown=${() => {
        this.#early = !this.armed;
      }}
      @close=${this.#closed}
    >
      ${this.shown === undefined ? nothing : this.#renderRequest(this.shown)}
    </dialog>`;
  }

  #renderRequest(request: ConsentRequest): TemplateResult {
    const provider = this.providers.find(({ id }) => id === request.providerId);
    const count = this.queue.length + this.answered;
    const index = this.answered + 1;
    const words = wordsOf(request);
    const why = plainly(request.reason);
    const later = t('consent.later');
    const publisher = /^([A-Za-z0-9][\w-]*)\./.exec(request.principalId)?.[1];
    return html`
      <header>
        <h2 id="title">${t('consent.title')}</h2>
        ${count > 1 ? html`<span class="queue number" role="status">${t('consent.queue', { index: number(index), count: number(count) })}</span>` : nothing}
        ${button(icon('close'), () => this.dialog.close(), { class: 'quiet only-icon', label: later, title: later })}
      </header>
      <div class="body" tabindex="0" role="group" aria-labelledby="title">
        ${problem(this.failure, t('consent.failed'))}
        <div class="who" id="who">
          <span class="tile">${icon(request.role)}</span>
          <div>
            <p class="name"><bdi>${words.who}</bdi></p>
            <p class="muted small">
              ${publisher === undefined ? roleText(request.role) : t('consent.publisher', { role: roleText(request.role), publisher })}
            </p>
            ${provider?.owner === request.principalId ? html`<p class="muted small">${t('consent.owner', { provider: plainly(provider.displayName) })}</p>` : nothing}
          </div>
        </div>
        <div id="for">
          <p>${t('consent.wants')}</p>
          <div class="for">
            ${providerIcon(provider, request.providerName)}
            <div>
              <p class="name"><bdi>${words.field}</bdi></p>
              <p class="muted small"><bdi>${words.connection}</bdi> · <bdi>${plainly(request.providerName)}</bdi></p>
            </div>
          </div>
        </div>
        <section aria-labelledby="why">
          <h3 id="why">${t('consent.why')}</h3>
          <blockquote dir="auto">${why}</blockquote>
          ${why.includes('\ufffd') ? html`<p class="hint">${t('consent.why.hidden')}</p>` : nothing}
          ${request.count > 1 ? html`<p class="hint">${tn('consent.count', request.count)}</p>` : nothing}
        </section>
        ${this.#renderPower(request)}
      </div>
      <footer>
        <p class="expiry number" role="timer">${t('consent.expires', { time: clock(Date.parse(request.expiresAt) - Date.now()) })}</p>
        <p class="hint">${t('consent.always')}</p>
        <div class="choices">
          ${kDenials.map((decision) =>
            button(t(`consent.${decision}`), () => this.#answer(decision), {
              class: decision,
              autofocus: decision === 'deny',
              disabled: this.answering !== undefined,
            }),
          )}
          ${kAllowances.map((decision) =>
            button(
              t(`consent.${decision}`),
              (event) => {
                // The keyboard's clicks have no pointer; theirs was looked at when the key went down.
                if (this.armed && !((event as MouseEvent).detail > 0 && this.#early)) void this.#answer(decision);
              },
              { class: `allow ${decision}`, disabled: !this.armed || this.answering !== undefined },
            ),
          )}
        </div>
      </footer>
    `;
  }

  #renderPower({ authType, origins }: ConsentRequest): TemplateResult {
    const starts = authType === 'env' || authType === 'stdin';
    return html`<section aria-labelledby="could">
      <h3 id="could">${t('consent.could')}</h3>
      ${
        starts
          ? html`<p>${t('consent.could.start')}</p>`
          : origins.length === 0
            ? html`<p>${t('consent.could.nothing')}</p>`
            : html`<p>${t('consent.could.send')}</p>
              <ul>
                ${origins.map((origin) => html`<li><code dir="ltr">${plainly(origin)}</code></li>`)}
              </ul>`
      }
      <p class="hint">${t(starts ? 'consent.hidden.start' : 'consent.hidden')}</p>
    </section>`;
  }
}
