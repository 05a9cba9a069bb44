/** A clock that jumps from event to event. Events of one moment run in the order in which they were asked for. */
export class VirtualTime {
  nowMs = 0;
  #order = 0;
  readonly #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.#order++, run };
    let low = 0;
    for (let high = this.#events.length; low < high;) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other && other.atMs <= event.atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Runs the next event. False when there is none. */
  step(): boolean {
    const event = this.#events.shift();
    if (event === undefined) return false;
    this.nowMs = event.atMs;
    event.run();
    return true;
  }
}
