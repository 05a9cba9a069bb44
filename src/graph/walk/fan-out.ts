/**
 * Work that goes on side by side and ends together: its signal is aborted when one part has failed or when the signal around it is.
 */
export class FanOut {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = () => this.#controller.abort();

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (outer?.aborted) this.#controller.abort();
    else outer?.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  /** All results in order. The first failure in time is the failure of all, and cancels the others. */
  async run<T>(parts: readonly ((signal: AbortSignal) => Promise<T>)[]): Promise<T[]> {
    try {
      return await Promise.all(parts.map((part) => part(this.#controller.signal)));
    } catch (error) {
      this.#controller.abort();
      throw error;
    } finally {
      this.#outer?.removeEventListener('abort', this.#onOuterAbort);
    }
  }
}
