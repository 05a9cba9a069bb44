import { headerText } from '../fuzz/check/outcome-check.ts';
import type { TailedRecord } from '../fuzz/run/topic-tail.ts';

/** Which of a long stream's records have come out, in a byte each. */
export class OutcomeCount {
  readonly #prefix: string;
  readonly #outputTopic: string;
  readonly #seen: Uint8Array[];
  results = 0;
  errors = 0;
  twice = 0;
  foreign = 0;

  /** @param records most that each of the input topic's partitions will have */
  constructor(inputTopic: string, outputTopic: string, partitions: number, records: number) {
    this.#prefix = `${inputTopic}/`;
    this.#outputTopic = outputTopic;
    this.#seen = Array.from({ length: partitions }, () => new Uint8Array(records));
  }

  /** Records that have come out at least once. */
  get settled(): number {
    return this.results + this.errors - this.twice - this.foreign;
  }

  take({ topic, headers }: TailedRecord): void {
    if (topic === this.#outputTopic) this.results++;
    else this.errors++;
    const source = headerText(headers, 'millrace-source') ?? '';
    const [partition, offset] = source.slice(this.#prefix.length).split('/').map(Number);
    const seen = source.startsWith(this.#prefix) ? this.#seen[partition ?? -1] : undefined;
    if (seen === undefined || offset === undefined || !(offset < seen.length)) this.foreign++;
    else if (seen[offset] === 1) this.twice++;
    else seen[offset] = 1;
  }
}
