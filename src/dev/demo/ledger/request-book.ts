import type { ArrivedRecord } from './arrived-record.ts';

const MAX_PROBLEMS = 5;

/**
 * Where each request was stored, and which of them have come to their end. A record that arrives must name the place of a request
 * (its source header) and bear the key of that same request, and each request has one end.
 */
export class RequestBook {
  readonly sentAtMs: Float64Array;
  readonly endedAtMs: Float64Array;
  readonly #requests: readonly { readonly key: string }[];
  readonly #topic: string;
  readonly #places: number[][] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
  #sent = 0;

  /** @param topic the input topic, which must have been empty: the offsets of a partition are counted from 0 */
  constructor(requests: readonly { readonly key: string }[], topic: string) {
    this.#requests = requests;
    this.#topic = topic;
    this.sentAtMs = new Float64Array(requests.length).fill(NaN);
    this.endedAtMs = new Float64Array(requests.length).fill(NaN);
  }

  get sent(): number {
    return this.#sent;
  }

  /** The request is the next of its partition. */
  send(index: number, partition: number, nowMs: number): void {
    (this.#places[partition] ??= []).push(index);
    this.sentAtMs[index] = nowMs;
    this.#sent++;
  }

  /**
   * The request that a record ends; undefined, and noted as a problem, where it ends none.
   *
   * @param what the record is called in problems
   */
  end(record: ArrivedRecord, what: string, nowMs: number): number | undefined {
    const index = this.#sourceOf(record.source);
    const request = index === undefined ? undefined : this.#requests[index];
    if (index === undefined || request === undefined) {
      return this.problem(`a ${what} with the key '${record.key}' names no request as its source: '${record.source}'`);
    }
    if (record.key !== request.key) {
      return this.problem(`the ${what} of ${request.key} (${record.source}) has the key '${record.key}'`);
    }
    if (!Number.isNaN(this.endedAtMs[index])) return this.problem(`${request.key} was answered twice`);
    this.endedAtMs[index] = nowMs;
    return index;
  }

  /** Milliseconds from the sending of a request to its end. */
  latencyMs(index: number): number {
    return (this.endedAtMs[index] ?? NaN) - (this.sentAtMs[index] ?? NaN);
  }

  /** Notes what is wrong, in a sentence. */
  problem(text: string): undefined {
    this.#problemCount++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(text);
  }

  /** What is wrong, in sentences: what was noted, and which requests have no end. */
  problems(): readonly string[] {
    const lost = this.#requests.filter((_, index) => Number.isNaN(this.endedAtMs[index])).map(({ key }) => key);
    const problems = [...this.#problems];
    if (this.#problemCount > problems.length)
      problems.push(`and ${this.#problemCount - problems.length} more like these`);
    if (lost.length > 0) problems.push(`${lost.length} requests have no answer: ${shortList(lost)}`);
    return problems;
  }

  #sourceOf(source: string): number | undefined {
    const [, topic, partition, offset] = /^(.*)\/(\d+)\/(\d+)$/.exec(source) ?? [];
    return topic === this.#topic ? this.#places[Number(partition)]?.[Number(offset)] : undefined;
  }
}

function shortList(keys: readonly string[]): string {
  return keys.length <= 3 ? keys.join(', ') : `${keys.slice(0, 3).join(', ')} ...`;
}
