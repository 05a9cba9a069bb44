/** Random numbers that repeat: the same seed gives the same run (mulberry32). */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both possible. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.next() * list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }
}

/** Runs a simulation for many seeds, or for `SEED` alone. A failure says how to replay it. */
export function forSeeds(count: number, run: (seed: number) => void): void {
  const only = process.env['SEED'];
  const runs = Number(process.env['MILLRACE_SIMULATION_RUNS'] ?? count);
  const seeds = only === undefined ? Array.from({ length: runs }, (_, seed) => seed + 1) : [Number(only)];
  for (const seed of seeds) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`SEED=${seed} fails: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
