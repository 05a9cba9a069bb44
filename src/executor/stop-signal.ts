import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export type StopSignal = (typeof SIGNALS)[number];

const starting = new Map<StopSignal, () => void>();

/**
 * Ends the process with exit code 0 when it is asked to end before there is a `StopRequest`: nothing is in flight yet. To be called
 * before anything else is loaded, which takes a while.
 */
export function endWhileStarting(): void {
  for (const name of SIGNALS) {
    const listener = () => process.exit(0);
    starting.set(name, listener);
    process.on(name, listener);
  }
}

/**
 * Aborted, with the signal's name as its reason, when the process is asked to end. A second request ends it at once, with the
 * exit code that a shell gives to the signal.
 */
export class StopRequest {
  readonly #controller = new AbortController();
  readonly #listeners = SIGNALS.map((name) => [name, () => this.#received(name)] as const);

  constructor() {
    for (const [name, listener] of this.#listeners) process.on(name, listener);
    for (const [name, listener] of starting) process.off(name, listener);
    starting.clear();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the listening: signals do what they do by default again. */
  end(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }

  #received(name: StopSignal): void {
    if (this.#controller.signal.aborted) process.exit(128 + constants.signals[name]);
    this.#controller.abort(name);
  }
}
