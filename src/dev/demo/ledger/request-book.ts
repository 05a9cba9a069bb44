import type { StreamBook } from '../stream/stream-book.ts';
import type { ArrivedRecord } from './arrived-record.ts';

const MAX_PROBLEMS = 5;

/**
 * Where each request was stored, and which of them have come to their end. A record that arrives must name the place of a request
 * (its source header) and bear the key of that same request, and each request has one end. What the end should be is for those to
 * say who extend it.
 */
export abstract class RequestBook<R extends { readonly key: string }> implements StreamBook {
  readonly requests: readonly R[];
  /** By request, in milliseconds of the clock that is given; NaN before. */
  readonly sentAtMs: Float64Array;
  readonly endedAtMs: Float64Array;
  readonly #topic: string;
  readonly #places: number[][] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
  #sent = 0;
  #results = 0;
  #errors = 0;
  #latestMs = NaN;

  /** @param topic the input topic, which must have been empty: the offsets of a partition are counted from 0 */
  constructor(requests: readonly R[], topic: string) {
    this.requests = requests;
    this.#topic = topic;
    this.sentAtMs = new Float64Array(requests.length).fill(NaN);
    this.endedAtMs = new Float64Array(requests.length).fill(NaN);
  }

  get sent(): number {
    return this.#sent;
  }

  get results(): number {
    return this.#results;
  }

  get errors(): number {
    return this.#errors;
  }

  get ended(): number {
    return this.#results + this.#errors;
  }

  get latestMs(): number {
    return this.#latestMs;
  }

  send(index: number, partition: number, nowMs: number): void {
    (this.#places[partition] ??= []).push(index);
    this.sentAtMs[index] = nowMs;
    this.#sent++;
  }

  result(record: ArrivedRecord, nowMs: number): void {
    const index = this.#end(record, 'result', nowMs);
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) return;
    this.#results++;
    this.#latestMs = nowMs - (this.sentAtMs[index] ?? NaN);
    this.answered(request, record, index);
  }

  error(record: ArrivedRecord, nowMs: number): void {
    const index = this.#end(record, 'error record', nowMs);
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) return;
    this.#errors++;
    this.rejected(request, record, index);
  }

  /** What is wrong, in sentences: what was noted, and which requests have no end. */
  problems(): readonly string[] {
    const lost = this.requests.filter((_, index) => Number.isNaN(this.endedAtMs[index])).map(({ key }) => key);
    const problems = [...this.#problems];
    if (this.#problemCount > problems.length)
      problems.push(`and ${this.#problemCount - problems.length} more like these`);
    if (lost.length > 0) problems.push(`${lost.length} requests have no answer: ${shortList(lost)}`);
    return problems;
  }

  /** The request has ended with this result. */
  protected abstract answered(request: R, record: ArrivedRecord, index: number): void;

  /** The request has ended with this error record. */
  protected abstract rejected(request: R, record: ArrivedRecord, index: number): void;

  /** Notes what is wrong, in a sentence. */
  protected problem(text: string): undefined {
    this.#problemCount++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(text);
  }

  /**
   * The request that a record ends; undefined, and noted as a problem, where it ends none.
   *
   * @param what the record is called in problems
   */
  #end(record: ArrivedRecord, what: string, nowMs: number): number | undefined {
    const index = this.#sourceOf(record.source);
    const request = index === undefined ? undefined : this.requests[index];
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

  #sourceOf(source: string): number | undefined {
    const [, topic, partition, offset] = /^(.*)\/(\d+)\/(\d+)$/.exec(source) ?? [];
    return topic === this.#topic ? this.#places[Number(partition)]?.[Number(offset)] : undefined;
  }
}

function shortList(keys: readonly string[]): string {
  return keys.length <= 3 ? keys.join(', ') : `${keys.slice(0, 3).join(', ')} ...`;
}
