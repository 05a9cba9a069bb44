/** Who waits for the first call of a node. */
export class FirstCalls {
  readonly #waits = new Map<string, PromiseWithResolvers<void>>();

  /** Resolves when the node has been called, be it before or after this. */
  of(node: string): Promise<void> {
    return this.#wait(node).promise;
  }

  tell(node: string): void {
    this.#wait(node).resolve();
  }

  #wait(node: string): PromiseWithResolvers<void> {
    const wait = this.#waits.get(node) ?? Promise.withResolvers<void>();
    this.#waits.set(node, wait);
    return wait;
  }
}
