import type { ArrivedRecord } from './arrived-record.ts';
import type { DemoRequest } from './demo-request.ts';
import { agree, likeliest, readPrediction } from './prediction.ts';
import { RequestBook } from './request-book.ts';

/** A request that ended in the error topic. */
export interface Rejection {
  readonly request: DemoRequest;
  readonly record: ArrivedRecord;
}

/** The demo's requests with what came back: a result for each picture and an error record for each malformed request. */
export class Ledger {
  readonly requests: readonly DemoRequest[];
  readonly rejections: Rejection[] = [];
  /** The first answer for each picture. */
  readonly answers = new Map<number, readonly number[]>();
  /** Class that is likeliest; -1 without a right-shaped result. */
  readonly predicted: Int16Array;
  readonly #book: RequestBook;
  readonly #classes: number;
  #results = 0;
  #latestMs = NaN;

  /** @param topic the input topic, which must have been empty */
  constructor(requests: readonly DemoRequest[], topic: string, classes: number) {
    this.requests = requests;
    this.#book = new RequestBook(requests, topic);
    this.#classes = classes;
    this.predicted = new Int16Array(requests.length).fill(-1);
  }

  get sentAtMs(): Float64Array {
    return this.#book.sentAtMs;
  }

  get endedAtMs(): Float64Array {
    return this.#book.endedAtMs;
  }

  get sent(): number {
    return this.#book.sent;
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
    this.#book.send(index, partition, nowMs);
  }

  /** A record of the output topic. */
  result(record: ArrivedRecord, nowMs: number): void {
    const index = this.#book.end(record, 'result', nowMs);
    const request = index === undefined ? undefined : this.requests[index];
    if (index === undefined || request === undefined) return;
    this.#results++;
    this.#latestMs = this.#book.latencyMs(index);
    if (request.malformed) return this.#book.problem(`${request.key} (${request.malformed.what}) has a result`);
    const prediction = readPrediction(record.value, this.#classes);
    if (!prediction.ok) return this.#book.problem(`the result of ${request.key} ${prediction.problem}`);
    const { probabilities } = prediction;
    this.predicted[index] = likeliest(probabilities);
    const before = this.answers.get(request.image);
    if (before === undefined) this.answers.set(request.image, probabilities);
    else if (!agree(before, probabilities))
      this.#book.problem(`${request.key} has another answer than the same picture before`);
  }

  /** A record of the error topic. */
  error(record: ArrivedRecord, nowMs: number): void {
    const index = this.#book.end(record, 'error record', nowMs);
    const request = index === undefined ? undefined : this.requests[index];
    if (request === undefined) return;
    this.rejections.push({ request, record });
    if (request.malformed === undefined) this.#book.problem(`${request.key} failed: ${record.code} ${record.message}`);
    else if (record.code === '') this.#book.problem(`the error record of ${request.key} has no code`);
  }

  /** What is wrong, in sentences; nothing when every request has the one end that it should have. */
  problems(): readonly string[] {
    return this.#book.problems();
  }
}
