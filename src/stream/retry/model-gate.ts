import { backoffMs } from '../../base/backoff.ts';
import { sleep } from '../../base/clock.ts';
import { errorText } from '../../base/errors.ts';
import { NodeError } from '../../graph/node-error.ts';
import { modelRecovered, modelWaiting } from '../channels.ts';

const PROBE = { initialMs: 100, maxMs: 5_000 };

/**
 * Closed while a model cannot be reached: nothing is started, records wait, and the graph is probed with backoff until it
 * answers. A graph that answers the probe and then cannot be reached again waits longer each time, until a call goes well.
 */
export class ModelGate {
  readonly #checkReady: () => Promise<void>;
  readonly #opened: () => void;
  readonly #closing = new AbortController();
  #since: number | undefined;
  #node = '';
  #error = '';
  #attempt = 0;

  /** @param opened called when work may start again */
  constructor(checkReady: () => Promise<void>, opened: () => void) {
    this.#checkReady = checkReady;
    this.#opened = opened;
  }

  get open(): boolean {
    return this.#since === undefined;
  }

  /** What is waited for; undefined while the gate is open. */
  get waiting(): { readonly node: string; readonly error: string; readonly forMs: number } | undefined {
    if (this.#since === undefined) return undefined;
    return { node: this.#node, error: this.#error, forMs: performance.now() - this.#since };
  }

  /** A call has gone well: the next outage begins with short waits. */
  succeeded(): void {
    this.#attempt = 0;
  }

  /** A model could not be reached. */
  shut(error: unknown): void {
    if (this.#since !== undefined) return;
    this.#since = performance.now();
    void this.#probe(error);
  }

  close(): void {
    this.#closing.abort();
  }

  async #probe(first: unknown): Promise<void> {
    const { signal } = this.#closing;
    for (let error: unknown = first; ;) {
      const delayMs = Math.round(backoffMs(PROBE, ++this.#attempt, Math.random()));
      this.#node = error instanceof NodeError ? error.node : '';
      this.#error = errorText(error);
      if (modelWaiting.hasSubscribers) modelWaiting.publish({ node: this.#node, error: this.#error, delayMs });
      await sleep(delayMs, signal);
      if (signal.aborted) return;
      try {
        await this.#checkReady();
        break;
      } catch (thrown) {
        error = thrown;
      }
    }
    const downMs = performance.now() - (this.#since ?? 0);
    this.#since = undefined;
    if (modelRecovered.hasSubscribers) modelRecovered.publish({ node: this.#node, downMs });
    this.#opened();
  }
}
