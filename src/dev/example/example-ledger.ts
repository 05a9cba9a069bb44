import type { ArrivedRecord } from '../demo/ledger/arrived-record.ts';
import { RequestBook } from '../demo/ledger/request-book.ts';

const MAX_FAILURES = 5;

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
export class ExampleLedger extends RequestBook<ExampleRequest> {
  /** By request; undefined until it has come to its end. */
  readonly outcomes: (ExampleOutcome | undefined)[];
  readonly #expectErrors: number;

  /**
   * @param topic the input topic, which must have been empty
   * @param expectErrors how many of the requests should fail
   */
  constructor(requests: readonly ExampleRequest[], topic: string, expectErrors: number) {
    super(requests, topic);
    this.outcomes = requests.map(() => undefined);
    this.#expectErrors = expectErrors;
  }

  /** What is wrong, in sentences; nothing when each request has one end, and as many have failed as should. */
  override problems(): readonly string[] {
    const problems = super.problems();
    if (this.errors === this.#expectErrors) return problems;
    const count = `${this.errors} requests have failed, and ${this.#expectErrors} should`;
    const failures = this.outcomes.flatMap((outcome, index) => {
      if (outcome?.kind !== 'error') return [];
      return [`${this.requests[index]?.key ?? ''}: ${outcome.record.code} ${outcome.record.message}`];
    });
    return [...problems, count, ...failures.slice(0, MAX_FAILURES)];
  }

  protected override answered(_request: ExampleRequest, record: ArrivedRecord, index: number): void {
    this.outcomes[index] = { kind: 'result', record };
  }

  protected override rejected(_request: ExampleRequest, record: ArrivedRecord, index: number): void {
    this.outcomes[index] = { kind: 'error', record };
  }
}
