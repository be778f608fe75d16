/** What the pages share: reading what they show, again whenever it has changed, and how that went. */

import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { ClientError, type SettingsClient } from './client.js';
import { errorText } from './format.js';
import { LiveElement } from './live-element.js';
import { t } from './messages.js';
import { button, problem, stateCard } from './parts.js';

type Stem = 'connections' | 'secrets' | 'access' | 'audit';

export abstract class LivePage extends LiveElement {
  /** `more`: some of a long list is shown, the rest is on its way. */
  @state() protected phase: 'loading' | 'more' | 'ready' | 'failed' = 'loading';
  /** Why the reading failed. */
  @state() protected reason: ClientError | undefined;

  /** Whether an answer is on its way. */
  @state() protected reading = false;

  #round = 0;
  #again = false;

  /**
   * Reads what is to be shown, and returns what puts it on show; that is not called when a later reading has overtaken
   * this one, which may end early then.
   */
  protected abstract read(client: SettingsClient, overtaken: () => boolean): Promise<() => void>;

  protected override async load(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    this.reading = true;
    this.#again = false;
    const overtaken = this.overtaken();
    if (this.phase === 'failed') this.phase = 'loading';
    try {
      const show = await this.read(client, overtaken);
      if (overtaken()) return;
      show();
      this.phase = 'ready';
      this.reason = undefined;
    } catch (thrown) {
      if (overtaken()) return;
      const error = ClientError.from(thrown);
      const lost = this.phase === 'ready' && error.code === 'DISCONNECTED';
      // What is on show stays on show, and what is typed with it; that the connection is lost, the banner above says.
      if (!lost) this.reason = error;
      if (this.phase !== 'ready') this.phase = 'failed';
    } finally {
      if (!overtaken()) {
        this.reading = false;
        if (this.#again) void this.load();
      }
    }
  }

  /** After the reading under way, which may have come too early to see what has changed. */
  protected override async reload(): Promise<void> {
    if (this.reading) this.#again = true;
    else await this.load();
  }

  /** What has been changed here is not in the answer to a reading under way. */
  protected outdate(): void {
    this.#again ||= this.reading;
  }

  /** What says whether a reading has begun since. */
  protected overtaken(): () => boolean {
    const round = this.#round;
    return () => round !== this.#round;
  }

  protected renderHead(stem: Stem, action: unknown, className = ''): TemplateResult {
    return html`<div class="head ${className}">
      <div>
        <h1 tabindex="-1">${t(`page.${stem}`)}</h1>
        <p>${t(`${stem}.intro`)}</p>
      </div>
      ${action}
    </div>
    ${this.phase === 'ready' ? problem(this.reason) : nothing}`;
  }

  /** What stands on the page while there is nothing else to show, or undefined when there is. */
  protected renderWaiting(stem: Stem): TemplateResult | undefined {
    if (this.phase === 'loading') return stateCard(nothing, '', t('list.loading'), nothing, 'status');
    if (this.phase !== 'failed' || this.reason === undefined) return undefined;
    const again = button(t('banner.retry'), () => this.load());
    return stateCard('warning', t(`${stem}.failed`), errorText(this.reason), again, 'alert');
  }
}
