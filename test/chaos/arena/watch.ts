// Asks the witness again and again how far the group and the topics are.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from '../../checker/evidence.ts';
import type { Witness } from '../../checker/witness.ts';

export interface WatchedTopics {
  readonly group: string;
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

const INTERVAL_MS = 200;

export class Watch {
  readonly samples: Sample[] = [];
  readonly #witness: Witness;
  readonly #topics: WatchedTopics;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(witness: Witness, topics: WatchedTopics) {
    this.#witness = witness;
    this.#topics = topics;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** One more sample, now. Rejects when the brokers cannot be asked. */
  async look(): Promise<Sample> {
    const { group, input, output, errors } = this.#topics;
    const sample = await this.#witness.sample(group, input, [input, output, errors]);
    this.samples.push(sample);
    return sample;
  }

  /** Results and error records, as far as is known. */
  get stored(): number {
    const { output, errors } = this.#topics;
    return this.#ends(output) + this.#ends(errors);
  }

  get inputs(): number {
    return this.#ends(this.#topics.input);
  }

  get committed(): number {
    return [...(this.samples.at(-1)?.committed.values() ?? [])].reduce((sum, offset) => sum + offset, 0);
  }

  #ends(topic: string): number {
    let sum = 0;
    for (const [place, end] of this.samples.at(-1)?.ends ?? []) if (place.startsWith(`${topic}/`)) sum += end;
    return sum;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // Brokers that are away are part of the game: there is one sample less.
      await this.look().catch(() => undefined);
      await sleep(INTERVAL_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}
