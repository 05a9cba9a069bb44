import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ctrl-C and its like. The handlers stay: a second Ctrl-C must not cut the clean-up short, which is bounded by itself.
 */
export class Interruption {
  readonly #asked = new AbortController();
  #exitCode = 0;

  constructor() {
    for (const name of SIGNALS) {
      process.on(name, () => {
        if (this.#exitCode === 0) this.#exitCode = 128 + constants.signals[name];
        this.#asked.abort(new Error(name));
      });
    }
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** What a shell makes of a program that the signal ended. */
  get exitCode(): number {
    return this.#exitCode;
  }
}
