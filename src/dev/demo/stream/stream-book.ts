import type { ArrivedRecord } from '../ledger/arrived-record.ts';

/** The book that a stream keeps of its requests: what was sent and what came back. */
export interface StreamBook {
  readonly requests: readonly unknown[];
  readonly sent: number;
  /** Requests with a result or an error record. */
  readonly ended: number;
  readonly errors: number;
  /** Latency of the result that came last; NaN before the first. */
  readonly latestMs: number;
  /** The request is the next of its partition. */
  send(index: number, partition: number, nowMs: number): void;
  /** A record of the output topic. */
  result(record: ArrivedRecord, nowMs: number): void;
  /** A record of the error topic. */
  error(record: ArrivedRecord, nowMs: number): void;
  /** What is wrong, in sentences. */
  problems(): readonly string[];
}
