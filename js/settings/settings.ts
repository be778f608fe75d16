/** `<strongroom-settings>`: the shell around the pages, and what concerns all of them: state, notices, the connection. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { cache } from 'lit/directives/cache.js';
import type { StatusInfo } from '../../contracts/index.js';
import { ClientError, type ConnectionState, type SettingsClient } from './client.js';
import './access-page.js';
import './audit-page.js';
import './connections-page.js';
import './consent-dialog.js';
import type { ConsentDialog } from './consent-dialog.js';
import { errorText, providerText } from './format.js';
import { type IconName, icon, mark } from './icons.js';
import { LiveElement } from './live-element.js';
import { onLanguage, shownLanguage, t, useLanguage } from './messages.js';
import { button, note } from './parts.js';
import type { SettingsPage, SettingsPlace, SettingsWorkspace } from './place.js';
import './secrets-page.js';
import { shell } from './shell-styles.js';
import { controls, tokens } from './styles.js';

/** The pages and their icons, in the order of the navigation; each has a method of the same name below. */
const kPages: readonly (readonly [SettingsPage, IconName])[] = [
  ['connections', 'connection'],
  ['secrets', 'managed_private_key'],
  ['access', 'access'],
  ['audit', 'audit'],
];

/** How long a confirmation stands at the foot of the window. */
const kMessageMs = 8_000;

/**
 * Settings for a person: connections, secrets, access and the audit log. Fires `strongroom-place` ({@link SettingsPlace}) when the person
 * went to another place, which `page` and `item` then name, so that an app can keep it in an address.
 *
 * @example
 * const settings = document.createElement('strongroom-settings');
 * settings.client = window.strongroom; // {invoke, on}
 * settings.workspace = { id: folder.uri, name: folder.name };
 * document.body.append(settings);
 */
@customElement('strongroom-settings')
export class StrongroomSettings extends LiveElement {
  static override readonly styles = [tokens, controls, shell];

  /** The page that is shown. */
  @property({ reflect: true }) page: SettingsPage = 'connections';
  /** What is shown on the page: the id of a connection or secret, or empty. */
  @property() item = '';
  /** The workspace that is open, if any. */
  @property({ attribute: false }) workspace: SettingsWorkspace | undefined;

  /** The language of the texts: one that comes with the page, such as `de`. Others: see `useMessages`. */
  @property({ reflect: true, useDefault: true }) override lang = '';
  /** The direction of the text: that of the language, where none is set. */
  @property({ reflect: true, useDefault: true }) override dir = '';

  @state() private status: StatusInfo | undefined;
  @state() private connection: ConnectionState = 'online';
  @state() private unlocking = false;
  @state() private problem: ClientError | undefined;
  @state() private message = '';
  @state() private dismissed: ReadonlySet<string> = new Set();
  @state() private language = shownLanguage();
  @query('main') private main!: HTMLElement;
  @query('strongroom-consent-dialog') private consent!: ConsentDialog;

  /** What was last chosen or typed on the Connections page: it is there again when one comes back. */
  #chosen = '';
  #round = 0;
  #sign: IconName = 'ok';
  #silence: ReturnType<typeof setTimeout> | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.#shown === 'connections') this.#chosen = this.item;
    if (changed.has('lang') && this.lang !== '') void this.#speak(this.lang);
  }

  async #speak(lang: string): Promise<void> {
    try {
      await useLanguage(lang);
    } catch {
      this.problem = new ClientError('INTERNAL', t('app.language.failed'));
    }
  }

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    const speak = (): void => {
      this.language = shownLanguage();
      redraw(this.renderRoot);
    };
    speak();
    return [
      onLanguage(speak),
      client.on('lock', () => void this.load()),
      client.on('changed', (event) => {
        // The first secret makes the key, and a key may bring a notice.
        if (event.entity === 'secret' && this.status?.keyProvider == null) void this.load();
      }),
      client.on('connection', ({ state }) => {
        const before = this.connection;
        this.connection = state;
        if (this.#online && state !== before) void this.load();
      }),
    ];
  }

  /** Reads the state of the store. */
  protected override async load(): Promise<void> {
    const round = ++this.#round;
    try {
      const status = await this.client?.invoke('status.get', {});
      // An answer that comes after a later one is older news.
      if (round !== this.#round) return;
      this.status = status;
      this.problem = undefined;
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'DISCONNECTED' && this.connection !== 'refused') this.problem = error;
    }
  }

  async #unlock(): Promise<void> {
    if (this.unlocking) return;
    this.unlocking = true;
    this.problem = undefined;
    try {
      this.status = await this.client?.invoke('status.unlock', {});
    } catch (thrown) {
      // It may have found the key missing; why it failed stays on show.
      await this.load();
      this.problem = ClientError.from(thrown);
    } finally {
      this.unlocking = false;
    }
  }

  #say(message: string, sign: IconName = 'ok'): void {
    clearTimeout(this.#silence);
    this.message = message;
    this.#sign = sign;
    if (message !== '') this.#silence = setTimeout(() => this.#say(''), kMessageMs);
  }

  #place(page: SettingsPage, item: string): void {
    this.page = page;
    this.item = item;
    this.dispatchEvent(new CustomEvent<SettingsPlace>('strongroom-place', { detail: { page, item } }));
  }

  /** The person goes to a place; the focus goes with them. */
  async #go(page: SettingsPage, item = ''): Promise<void> {
    this.#place(page, item);
    this.#say('');
    await this.updateComplete;
    const shown = this.main.querySelector<LitElement>('[data-page]');
    // What is asked for once more may not be what is on show any more.
    if (item !== '') shown?.requestUpdate('item');
    await shown?.updateComplete;
    shown?.shadowRoot?.querySelector<HTMLElement>('h1')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.client === undefined) return nothing;
    return html`
      <div
        class="shell"
        lang=${this.language.tag}
        dir=${this.dir === '' && this.language.dir === 'rtl' ? 'rtl' : nothing}
      >
        <header>
          <div class="brand">${mark}<span>${t('app.name')}</span></div>
          <nav aria-label=${t('app.pages')}>
            <ul role="list">
              ${kPages.map(
                ([page, name]) => html`<li>
                  <button
                    type="button"
                    aria-current=${this.#shown === page ? 'page' : nothing}
                    @click=${() => void this.#go(page, page === 'connections' && page !== this.#shown ? this.#chosen : '')}
                  >
                    ${icon(name)}<span>${t(`page.${page}`)}</span>
                  </button>
                </li>`,
              )}
            </ul>
          </nav>
          ${this.#renderStatus()}
        </header>
        <main @strongroom-go=${this.#sent}>
          <div class="banners">${this.#renderBanners()}</div>
          ${this.connection === 'refused' && this.status === undefined ? nothing : cache(this[this.#shown]())}
          <strongroom-consent-dialog
            .client=${this.client}
            .online=${this.#online}
          ></strongroom-consent-dialog>
        </main>
        <div class="toast" role="status">${this.message === '' ? nothing : html`<p>${icon(this.#sign)}<span>${this.message}</span></p>`}</div>
      </div>
    `;
  }

  #renderStatus(): TemplateResult {
    const { status } = this;
    const isNew = status?.state === 'locked' && status.keyProvider === null;
    const without = this.connection === 'refused' ? 'refused' : 'unknown';
    const name = status === undefined ? without : isNew ? 'new' : status.state;
    return html`<section class="status ${name}" aria-label=${t('store.label')}>
      <p class="name"><span class="dot"></span>${t(`store.${name}`)}</p>
      ${status === undefined ? nothing : html`<p class="muted">${providerText(status.keyProvider)}</p>`}
    </section>`;
  }

  #renderBanners(): TemplateResult[] {
    const { status, connection, problem } = this;
    const banners: TemplateResult[] = [];
    if (connection !== 'online') {
      const again = connection === 'offline' ? button(t('banner.retry'), () => this.load()) : nothing;
      banners.push(note('warning', 'offline', t(`banner.${connection}`), again, 'alert'));
    }
    const missing = status?.state === 'key-missing';
    if (missing || (status?.state === 'locked' && status.keyProvider !== null)) {
      const text = this.unlocking ? 'banner.unlocking' : missing ? 'banner.retry' : 'banner.unlock';
      const unlock = button(t(text), () => this.#unlock(), { disabled: this.unlocking });
      const [tone, name] = missing ? (['danger', 'warning'] as const) : (['warning', 'managed_private_key'] as const);
      banners.push(
        note(`${tone} ${status.state}`, name, t(missing ? 'banner.key-missing' : 'banner.locked'), unlock, 'status'),
      );
    }
    if (problem !== undefined) {
      const again = status === undefined ? button(t('banner.retry'), () => this.load()) : nothing;
      banners.push(note('danger problem', 'warning', errorText(problem), again, 'alert'));
    }
    for (const { code, message } of status?.notices ?? []) {
      if (this.dismissed.has(code)) continue;
      const dismiss = (): void => {
        this.dismissed = new Set([...this.dismissed, code]);
      };
      banners.push(note('', 'info', message, button(t('notice.dismiss'), dismiss, { class: 'quiet' }), 'note'));
    }
    return banners;
  }

  get #shown(): SettingsPage {
    return kPages.some(([page]) => page === this.page) ? this.page : 'connections';
  }

  private connections(): TemplateResult {
    return html`<strongroom-connections-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      .workspace=${this.workspace}
      .item=${this.item}
      @strongroom-item=${(event: CustomEvent<string>) => {
        // A page that ends something after one has left it does not take one along.
        if (this.#shown === 'connections') this.#place('connections', event.detail);
        else this.#chosen = event.detail;
      }}
    ></strongroom-connections-page>`;
  }

  private secrets(): TemplateResult {
    return html`<strongroom-secrets-page
      data-page
      .client=${this.client}
      .online=${this.#online}
    ></strongroom-secrets-page>`;
  }

  private access(): TemplateResult {
    return html`<strongroom-access-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      @strongroom-answer=${(event: CustomEvent<string>) => void this.consent.ask(event.detail)}
    ></strongroom-access-page>`;
  }

  private audit(): TemplateResult {
    return html`<strongroom-audit-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      .item=${this.item}
    ></strongroom-audit-page>`;
  }

  get #online(): boolean {
    return this.connection === 'online' || this.connection === 'deaf';
  }

  #sent(event: CustomEvent<SettingsPlace>): void {
    event.stopPropagation();
    void this.#go(event.detail.page, event.detail.item);
  }

  /** A page says what it has done. */
  override say(message: string, sign?: IconName): void {
    this.#say(message, sign);
    // What was just done may have made the key, or needed it; a client without events would not hear of that.
    if (this.status?.state !== 'unlocked') void this.load();
  }
}

/** Draws every element below anew: the texts have changed. */
function redraw(root: ParentNode): void {
  for (const element of root.querySelectorAll('*')) {
    if (!(element instanceof LitElement)) continue;
    element.requestUpdate();
    redraw(element.renderRoot);
  }
}
