/** `<strongroom-settings>`: the shell around the pages, and what concerns all of them: state, notices, the connection. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { cache } from 'lit/directives/cache.js';
import type { StatusInfo } from '../../contracts/index.js';
import { ClientError, type ConnectionState, type SettingsClient } from './client.js';
import './consent-dialog.js';
import type { ConsentDialog } from './consent-dialog.js';
import { errorText, providerText } from './format.js';
import { type IconName, icon, mark } from './icons.js';
import { type MessageKey, onLanguage, shownLanguage, t, useLanguage } from './messages.js';
import type { SettingsPage, SettingsPlace, SettingsWorkspace } from './place.js';
import { shell } from './shell-styles.js';
import { controls, tokens } from './styles.js';

/** A page of the navigation; what draws it is loaded when it is first shown. */
interface Page {
  readonly id: SettingsPage;
  readonly icon: IconName;
  readonly title: MessageKey;
  readonly load: () => Promise<unknown>;
}

/** The pages, in the order of the navigation. A page is one line here and one method of the same name below. */
const kPages: readonly Page[] = [
  { id: 'connections', icon: 'connection', title: 'page.connections', load: () => import('./connections-page.js') },
  { id: 'secrets', icon: 'managed_private_key', title: 'page.secrets', load: () => import('./secrets-page.js') },
  { id: 'access', icon: 'access', title: 'page.access', load: () => import('./access-page.js') },
  { id: 'audit', icon: 'audit', title: 'page.audit', load: () => import('./audit-page.js') },
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
export class StrongroomSettings extends LitElement {
  static override readonly styles = [tokens, controls, shell];

  /** The way to the core. Nothing is shown before it is set. */
  @property({ attribute: false }) client: SettingsClient | undefined;
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
  @state() private problem = '';
  @state() private message = '';
  @state() private dismissed: ReadonlySet<string> = new Set();
  @state() private language = shownLanguage();
  @state() private loaded: ReadonlySet<SettingsPage> = new Set();
  @state() private loadFailed: SettingsPage | undefined;
  @query('main') private main!: HTMLElement;
  @query('strongroom-consent-dialog') private consent!: ConsentDialog;

  #stop: (() => void)[] = [];
  #spoken: (() => void) | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#spoken = onLanguage(() => {
      this.language = shownLanguage();
      redraw(this.renderRoot);
    });
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#spoken?.();
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('client')) this.#listen();
    if (changed.has('page')) void this.#load();
    if (changed.has('lang') && this.lang !== '') void this.#speak(this.lang);
  }

  async #speak(lang: string): Promise<void> {
    try {
      await useLanguage(lang);
    } catch {
      this.problem = t('app.language.failed');
    }
  }

  #listen(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    const { client } = this;
    if (client === undefined || !this.isConnected) return;
    this.#stop = [
      client.on('lock', () => void this.#loadStatus()),
      client.on('changed', (event) => {
        // The first secret makes the key, and a key may bring a notice.
        if (event.entity === 'secret' && this.status?.keyProvider == null) void this.#loadStatus();
      }),
      client.on('connection', ({ state }) => {
        const before = this.connection;
        this.connection = state;
        if (state === 'online' && (before !== 'online' || this.status === undefined)) void this.#loadStatus();
      }),
    ];
    void this.#loadStatus();
  }

  async #loadStatus(): Promise<void> {
    try {
      this.status = await this.client?.invoke('status.get', {});
      this.problem = '';
    } catch (thrown) {
      const { code } = ClientError.from(thrown);
      if (code !== 'DISCONNECTED' && this.connection !== 'refused') this.problem = errorText(thrown);
    }
  }

  async #unlock(): Promise<void> {
    if (this.unlocking) return;
    this.unlocking = true;
    this.problem = '';
    try {
      this.status = await this.client?.invoke('status.unlock', {});
    } catch (thrown) {
      this.problem = errorText(thrown);
      await this.#refreshAfterFailure();
    } finally {
      this.unlocking = false;
    }
  }

  /** A failed unlock may have found the key missing; the reason for the failure stays on show. */
  async #refreshAfterFailure(): Promise<void> {
    try {
      this.status = await this.client?.invoke('status.get', {});
    } catch {
      // The failure that is shown already says what matters.
    }
  }

  #say(message: string): void {
    clearTimeout(this.#silence);
    this.message = message;
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
    await this.#load();
    await this.updateComplete;
    const shown = this.main.querySelector<LitElement>('[data-page]');
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
                (page) => html`<li>
                  <button
                    type="button"
                    aria-current=${this.page === page.id ? 'page' : nothing}
                    @click=${() => void this.#go(page.id)}
                  >
                    ${icon(page.icon)}<span>${t(page.title)}</span>
                  </button>
                </li>`,
              )}
            </ul>
          </nav>
          ${this.#renderStatus()}
        </header>
        <main @strongroom-go=${(event: CustomEvent<SettingsPlace>) => void this.#go(event.detail.page, event.detail.item)}>
          <div class="banners">${this.#renderBanners()}</div>
          ${this.connection === 'refused' && this.status === undefined ? nothing : cache(this.#renderPage())}
          <strongroom-consent-dialog
            .client=${this.client}
            .online=${this.#online}
            @strongroom-message=${this.#heard}
          ></strongroom-consent-dialog>
        </main>
        <div class="toast" role="status">${this.message === '' ? nothing : html`<p>${icon('ok')}<span>${this.message}</span></p>`}</div>
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
    const banners: TemplateResult[] = [];
    if (this.connection !== 'online') {
      const name = this.connection === 'offline' ? 'banner.offline' : 'banner.refused';
      banners.push(html`<div class="note warning" role="alert">${icon('offline')}<div>${t(name)}</div></div>`);
    }
    const { status } = this;
    if (status?.state === 'key-missing' || (status?.state === 'locked' && status.keyProvider !== null)) {
      const missing = status.state === 'key-missing';
      banners.push(html`<div class="note ${missing ? 'danger' : 'warning'}" role="status" data-state=${status.state}>
        ${icon(missing ? 'warning' : 'managed_private_key')}
        <div>${t(missing ? 'banner.key-missing' : 'banner.locked')}</div>
        <button type="button" aria-disabled=${this.unlocking} @click=${() => void this.#unlock()}>
          ${t(this.unlocking ? 'banner.unlocking' : missing ? 'banner.retry' : 'banner.unlock')}
        </button>
      </div>`);
    }
    if (this.problem !== '') {
      banners.push(html`<div class="note danger" role="alert" data-state="problem">
        ${icon('warning')}<div>${this.problem}</div>
        ${status === undefined ? html`<button type="button" @click=${() => void this.#loadStatus()}>${t('banner.retry')}</button>` : nothing}
      </div>`);
    }
    for (const notice of status?.notices ?? []) {
      if (this.dismissed.has(notice.code)) continue;
      banners.push(html`<div class="note" role="note" aria-label=${t('notice.label')}>
        ${icon('info')}<div>${notice.message}</div>
        <button
          type="button"
          class="quiet"
          @click=${() => {
            this.dismissed = new Set([...this.dismissed, notice.code]);
          }}
        >
          ${t('notice.dismiss')}
        </button>
      </div>`);
    }
    return banners;
  }

  #renderPage(): TemplateResult {
    const { id, title } = this.#shown;
    if (this.loaded.has(id)) return this[id]();
    if (this.loadFailed !== id) {
      return html`<div class="card state" role="status"><p>${t('app.page.loading', { page: t(title) })}</p></div>`;
    }
    return html`<div class="card state" role="alert">
      ${icon('warning')}
      <p>${t('app.page.failed', { page: t(title) })}</p>
      <button type="button" @click=${() => void this.#load()}>${t('banner.retry')}</button>
    </div>`;
  }

  get #shown(): Page {
    return kPages.find(({ id }) => id === this.page) ?? (kPages[0] as Page);
  }

  /** Loads what draws the page that is shown. */
  async #load(): Promise<void> {
    const { id, load } = this.#shown;
    if (this.loaded.has(id)) return;
    this.loadFailed = undefined;
    try {
      await load();
      this.loaded = new Set([...this.loaded, id]);
    } catch {
      this.loadFailed = id;
    }
  }

  private connections(): TemplateResult {
    return html`<strongroom-connections-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      .workspace=${this.workspace}
      .item=${this.item}
      @strongroom-message=${this.#heard}
      @strongroom-item=${(event: CustomEvent<string>) => this.#place('connections', event.detail)}
    ></strongroom-connections-page>`;
  }

  private secrets(): TemplateResult {
    return html`<strongroom-secrets-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      @strongroom-message=${this.#heard}
      @strongroom-history=${(event: CustomEvent<string>) => void this.#go('audit', event.detail)}
    ></strongroom-secrets-page>`;
  }

  private access(): TemplateResult {
    return html`<strongroom-access-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      @strongroom-message=${this.#heard}
      @strongroom-answer=${(event: CustomEvent<string>) => void this.consent.ask(event.detail)}
    ></strongroom-access-page>`;
  }

  private audit(): TemplateResult {
    return html`<strongroom-audit-page
      data-page
      .client=${this.client}
      .online=${this.#online}
      .item=${this.item}
      @strongroom-message=${this.#heard}
    ></strongroom-audit-page>`;
  }

  get #online(): boolean {
    return this.connection === 'online';
  }

  /** A page says what it has done. */
  readonly #heard = (event: CustomEvent<string>): void => {
    this.#say(event.detail);
    // What was just done may have made the key, or needed it; a client without events would not hear of that.
    if (this.status?.state !== 'unlocked') void this.#loadStatus();
  };
}

/** Draws every element below anew: the texts have changed. */
function redraw(root: ParentNode): void {
  for (const element of root.querySelectorAll('*')) {
    if (!(element instanceof LitElement)) continue;
    element.requestUpdate();
    redraw(element.renderRoot);
  }
}
