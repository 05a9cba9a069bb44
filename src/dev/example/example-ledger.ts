import type { ArrivedRecord } from '../demo/ledger/arrived-record.ts';
import { RequestBook } from '../demo/ledger/request-book.ts';
import type { StreamBook } from '../demo/stream/stream-book.ts';

/** A request of an example, as it goes to the topic. */
export interface ExampleRequest {
  readonly key: string;
  readonly value: Buffer;
}

/** What a request ended with. */
export interface ExampleOutcome {
  readonly kind: 'result' | 'error';
  readonly record: ArrivedRecord;
}

/** The requests of an example and what came back for each: a result, or an error record where some are expected. */
export class ExampleLedger implements StreamBook {
  readonly requests: readonly ExampleRequest[];
  /** By request; undefined until it has come to its end. */
  readonly outcomes: (ExampleOutcome | undefined)[];
  readonly #book: RequestBook;
  readonly #expectErrors: number;
  #results = 0;
  #errors = 0;
  #latestMs = NaN;

  /** @param topic the input topic, which must have been empty */
  constructor(requests: readonly ExampleRequest[], topic: string, expectErrors: number) {
    this.requests = requests;
    this.outcomes = requests.map(() => undefined);
    this.#book = new RequestBook(requests, topic);
    this.#expectErrors = expectErrors;
  }

  get sent(): number {
    return this.#book.sent;
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
    this.#book.send(index, partition, nowMs);
  }

  result(record: ArrivedRecord, nowMs: number): void {
    const index = this.#book.end(record, 'result', nowMs);
    if (index === undefined) return;
    this.#results++;
    this.#latestMs = this.#book.latencyMs(index);
    this.outcomes[index] = { kind: 'result', record };
  }

  error(record: ArrivedRecord, nowMs: number): void {
    const index = this.#book.end(record, 'error record', nowMs);
    if (index === undefined) return;
    this.#errors++;
    this.outcomes[index] = { kind: 'error', record };
  }

  /** What is wrong, in sentences; nothing when each request has one end, and as many have failed as should. */
  problems(): readonly string[] {
    const problems = this.#book.problems();
    if (this.#errors === this.#expectErrors) return problems;
    const count = `${this.#errors} requests have failed, and ${this.#expectErrors} should`;
    const failures = this.outcomes.flatMap((outcome, index) => {
      if (outcome?.kind !== 'error') return [];
      return [`${this.requests[index]?.key ?? ''}: ${outcome.record.code} ${outcome.record.message}`];
    });
    return [...problems, count, ...failures.slice(0, MAX_FAILURES)];
  }
}

const MAX_FAILURES = 5;
