import { sleep, type Clock } from '../base/clock.ts';
import { errorText } from '../base/errors.ts';
import { NodeError } from '../graph/node-error.ts';

/** What is asked: resolves when every node is ready, rejects with why one is not. */
export interface ReadinessCheck {
  checkReady(): Promise<void>;
}

/** Longest that one check of the whole graph may take, in milliseconds. */
const CHECK_LIMIT_MS = 5_000;
/** An answer stands this long, so that probes cannot become a load on the models. */
const FRESH_MS = 1_000;
/** Between two checks while waiting, as Seldon's executor does. */
const RETRY_MS = 2_000;
/** Between two notes of what is waited for. */
const NOTE_MS = 10_000;

/** Asks a graph whether it is ready: with a limit, never twice at one time, and not again while the last answer is fresh. */
export class GraphReadiness {
  readonly #graph: ReadinessCheck;
  readonly #clock: Clock;
  #running: Promise<string | undefined> | undefined;
  #last: { readonly at: number; readonly reason: string | undefined } | undefined;

  constructor(graph: ReadinessCheck, clock: Clock) {
    this.#graph = graph;
    this.#clock = clock;
  }

  /** Why the graph is not ready; undefined when it is. */
  async reason(): Promise<string | undefined> {
    if (this.#last !== undefined && this.#clock.now() - this.#last.at < FRESH_MS) return this.#last.reason;
    this.#running ??= this.#check().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Waits until the graph is ready or the signal ends the wait; tells now and then what it waits for. */
  async wait(signal: AbortSignal, onWaiting: (reason: string) => void): Promise<void> {
    let noted = -Infinity;
    while (!signal.aborted) {
      const reason = await this.reason();
      if (reason === undefined) return;
      if (this.#clock.now() - noted >= NOTE_MS) {
        noted = this.#clock.now();
        onWaiting(reason);
      }
      await sleep(RETRY_MS, signal);
    }
  }

  async #check(): Promise<string | undefined> {
    const ended = new AbortController();
    const limit = sleep(CHECK_LIMIT_MS, ended.signal).then(() => `no answer within ${CHECK_LIMIT_MS} ms`);
    const check = this.#graph.checkReady().then(
      () => undefined,
      // A node's failure has its cause in its message.
      (error: unknown) => (error instanceof NodeError ? error.message : errorText(error)),
    );
    const reason = await Promise.race([check, limit]);
    ended.abort();
    this.#last = { at: this.#clock.now(), reason };
    return reason;
  }
}
