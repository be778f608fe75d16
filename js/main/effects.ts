/** What the core asks JavaScript to do: send a request, run a provider's test, show a consent prompt. */
import type { Connection, ConsentRequest } from '../../contracts/index.js';
import { brokerRequest } from './broker-fetch.js';
import { StrongroomError } from './errors.js';
import type { NativeEffect, NativeOutcome, NativeRoom } from './native.js';
import type { ConsentPrompt } from './options.js';

/** What a provider's test gets. */
export interface TestContext {
  connection: Connection;
  /** By field, UTF-8; wiped when the handler has settled, and at once when `signal` is aborted. */
  secrets: Readonly<Record<string, Buffer>>;
  /** Aborted when the test is over: its time has passed, the store was locked or closed, or the handler has settled. */
  signal: AbortSignal;
}

export interface TestResult {
  ok: boolean;
  /** For a person, at most 500 characters. The secrets are taken out of it, whatever it says. */
  message: string;
}

export type TestHandler = (context: TestContext) => TestResult | Promise<TestResult>;

/** Runs the effects of one room. Every one is settled once, and its secrets are wiped then. */
export class Effects {
  readonly #consent: ConsentPrompt | undefined;
  readonly #testers = new Map<string, TestHandler>();
  readonly #running = new Map<number, { abort: AbortController; secrets: Buffer[] }>();
  #native: NativeRoom | undefined;

  constructor(consent: ConsentPrompt | undefined) {
    this.#consent = consent;
  }

  /** To be called once, when the room is open. */
  attach(native: NativeRoom): void {
    this.#native = native;
    native.setPrompting(this.#consent !== undefined);
  }

  /** The latest handler of a provider counts. Returns the function that takes it away again. */
  addTester(providerId: string, handler: TestHandler): () => void {
    this.#testers.set(providerId, handler);
    this.#native?.setTester(providerId, true);
    return () => {
      if (this.#testers.get(providerId) !== handler) return;
      this.#testers.delete(providerId);
      this.#native?.setTester(providerId, false);
    };
  }

  handle(effect: NativeEffect): void {
    if (effect.kind === 'cancel') {
      this.#end(effect.id);
      return;
    }
    const abort = new AbortController();
    this.#running.set(effect.id, { abort, secrets: Object.values(effect.secrets) });
    void this.#run(effect, abort.signal)
      .catch((error: unknown) => failure(error))
      .then((outcome) => {
        this.#end(effect.id);
        this.#native?.settle(effect.id, outcome);
      });
  }

  /** Forgets the tests of a store that is closed; what was under way has been cancelled by the core. */
  clear(): void {
    this.#testers.clear();
  }

  /** Wipes at once: a handler that has been told to stop may never settle. */
  #end(id: number): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.abort.abort();
    for (const secret of running?.secrets ?? []) secret.fill(0);
  }

  async #run(effect: NativeEffect, signal: AbortSignal): Promise<NativeOutcome> {
    switch (effect.kind) {
      case 'fetch': {
        const { status, headers, body } = await brokerRequest(effect.request, effect.secrets, signal);
        return { ok: true, value: { status, headers }, body };
      }
      case 'test':
        return { ok: true, value: await this.#test(effect, signal) };
      default:
        return { ok: true, value: await this.#ask(effect.request as ConsentRequest, signal) };
    }
  }

  async #test(effect: NativeEffect, signal: AbortSignal): Promise<TestResult> {
    const { providerId, connection } = effect.request as { providerId: string; connection: Connection };
    const handler = this.#testers.get(providerId);
    if (handler === undefined) throw new StrongroomError('NOT_FOUND', 'the test of this provider was taken away');
    try {
      const { ok, message } = await handler({ connection, secrets: effect.secrets, signal });
      return { ok: ok === true, message: String(message ?? '') };
    } catch (error) {
      // What a test throws is what it found; the core takes the secrets out of it.
      return { ok: false, message: error instanceof Error ? error.message : 'The test failed.' };
    }
  }

  async #ask(request: ConsentRequest, signal: AbortSignal): Promise<string> {
    try {
      if (this.#consent === undefined) throw new Error('there is no prompt');
      return await this.#consent(request, { signal });
    } catch (error) {
      // Nobody waits for the answer any more: that a prompt says so is no failure.
      if (signal.aborted) throw error;
      process.emitWarning(`The consent prompt failed (${error instanceof Error ? error.name : typeof error})`, {
        type: 'StrongroomWarning',
        detail: 'The request goes on waiting for an answer from the Settings page.',
      });
      throw error;
    }
  }
}

function failure(error: unknown): NativeOutcome {
  if (error instanceof StrongroomError) {
    return { ok: false, error: { code: error.code, message: error.message, detail: error.detail } };
  }
  // Its message may quote what it was given.
  return { ok: false, error: { code: 'INTERNAL', message: 'the main process failed to do its part' } };
}
