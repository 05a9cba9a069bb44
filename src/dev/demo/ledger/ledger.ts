import type { ArrivedRecord } from './arrived-record.ts';
import type { DemoRequest } from './demo-request.ts';
import { agree, likeliest, readPrediction } from './prediction.ts';

/** A request that ended in the error topic. */
export interface Rejection {
  readonly request: DemoRequest;
  readonly record: ArrivedRecord;
}

const MAX_PROBLEMS = 5;

/**
 * The book of all requests: where each was stored, and what came back for it. A record that arrives must name the place of a
 * request (its source header) and bear the key of that same request; each request has one end, a result for a picture and an
 * error record for a malformed one.
 */
export class Ledger {
  readonly requests: readonly DemoRequest[];
  readonly rejections: Rejection[] = [];
  /** The first answer for each picture. */
  readonly answers = new Map<number, readonly number[]>();
  readonly sentAtMs: Float64Array;
  readonly endedAtMs: Float64Array;
  /** Class that is likeliest; -1 without a right-shaped result. */
  readonly predicted: Int16Array;
  readonly #topic: string;
  readonly #classes: number;
  readonly #places: number[][] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
  #sent = 0;
  #results = 0;
  #latestMs = NaN;

  /** @param topic the input topic, which must have been empty: the offsets of a partition are counted from 0 */
  constructor(requests: readonly DemoRequest[], topic: string, classes: number) {
    this.requests = requests;
    this.#topic = topic;
    this.#classes = classes;
    this.sentAtMs = new Float64Array(requests.length).fill(NaN);
    this.endedAtMs = new Float64Array(requests.length).fill(NaN);
    this.predicted = new Int16Array(requests.length).fill(-1);
  }

  get sent(): number {
    return this.#sent;
  }

  get results(): number {
    return this.#results;
  }

  get errors(): number {
    return this.rejections.length;
  }

  /** Requests that have come to their end. */
  get ended(): number {
    return this.#results + this.rejections.length;
  }

  /** Latency of the result that came last; NaN before the first. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** The request is the next of its partition. */
  send(index: number, partition: number, nowMs: number): void {
    (this.#places[partition] ??= []).push(index);
    this.sentAtMs[index] = nowMs;
    this.#sent++;
  }

  /** A record of the output topic. */
  result(record: ArrivedRecord, nowMs: number): void {
    const index = this.#requestOf(record, 'result');
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) return;
    this.endedAtMs[index] = nowMs;
    this.#results++;
    this.#latestMs = nowMs - (this.sentAtMs[index] ?? NaN);
    if (request.malformed) return this.#problem(`${request.key} (${request.malformed.what}) has a result`);
    const prediction = readPrediction(record.value, this.#classes);
    if (!prediction.ok) return this.#problem(`the result of ${request.key} ${prediction.problem}`);
    const { probabilities } = prediction;
    this.predicted[index] = likeliest(probabilities);
    const before = this.answers.get(request.image);
    if (before === undefined) this.answers.set(request.image, probabilities);
    else if (!agree(before, probabilities))
      this.#problem(`${request.key} has another answer than the same picture before`);
  }

  /** A record of the error topic. */
  error(record: ArrivedRecord, nowMs: number): void {
    const index = this.#requestOf(record, 'error record');
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) return;
    this.endedAtMs[index] = nowMs;
    this.rejections.push({ request, record });
    if (request.malformed === undefined) this.#problem(`${request.key} failed: ${record.code} ${record.message}`);
    else if (record.code === '') this.#problem(`the error record of ${request.key} has no code`);
  }

  /** What is wrong, in sentences; nothing when every request has the one end that it should have. */
  problems(): readonly string[] {
    const lost: string[] = [];
    for (const [index, request] of this.requests.entries())
      if (Number.isNaN(this.endedAtMs[index])) lost.push(request.key);
    const problems = [...this.#problems];
    if (this.#problemCount > problems.length)
      problems.push(`and ${this.#problemCount - problems.length} more like these`);
    if (lost.length > 0) problems.push(`${lost.length} requests have no answer: ${shortList(lost)}`);
    return problems;
  }

  #requestOf(record: ArrivedRecord, what: string): number | undefined {
    const index = this.#sourceOf(record.source);
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) {
      return this.#problem(`a ${what} with the key '${record.key}' names no request as its source: '${record.source}'`);
    }
    if (record.key !== request.key) {
      return this.#problem(`the ${what} of ${request.key} (${record.source}) has the key '${record.key}'`);
    }
    if (!Number.isNaN(this.endedAtMs[index])) return this.#problem(`${request.key} was answered twice`);
    return index;
  }

  #sourceOf(source: string): number | undefined {
    const [, topic, partition, offset] = /^(.*)\/(\d+)\/(\d+)$/.exec(source) ?? [];
    return topic === this.#topic ? this.#places[Number(partition)]?.[Number(offset)] : undefined;
  }

  #problem(text: string): undefined {
    this.#problemCount++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(text);
  }
}

function shortList(keys: readonly string[]): string {
  return keys.length <= 3 ? keys.join(', ') : `${keys.slice(0, 3).join(', ')} ...`;
}
