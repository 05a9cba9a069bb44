/** Things with a due time, the earliest first: a binary heap. Pure. */
export class DueQueue<T> {
  readonly #items: { readonly dueMs: number; readonly item: T }[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** When the earliest is due; Infinity when there is none. */
  get nextDueMs(): number {
    return this.#items[0]?.dueMs ?? Infinity;
  }

  add(item: T, dueMs: number): void {
    const items = this.#items;
    items.push({ dueMs, item });
    for (let at = items.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#due(parent) <= dueMs) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes out the earliest, when it is due. */
  take(nowMs: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = this.#items.pop();
    if (last !== undefined && last !== first) {
      this.#items[0] = last;
      this.#sink();
    }
    return first.item;
  }

  /** Takes out everything, due or not, in no order. */
  drain(): T[] {
    return this.#items.splice(0).map(({ item }) => item);
  }

  #sink(): void {
    for (let at = 0; ;) {
      const left = at * 2 + 1;
      const least = this.#due(left + 1) < this.#due(left) ? left + 1 : left;
      if (this.#due(least) >= this.#due(at)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #due(at: number): number {
    return this.#items[at]?.dueMs ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#items[a], this.#items[b]];
    if (left === undefined || right === undefined) return;
    this.#items[a] = right;
    this.#items[b] = left;
  }
}
