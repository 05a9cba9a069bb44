import type { InputRecord } from '../../kafka/record.ts';
import type { ErrorRecord } from './selection/error-record.ts';
import type { Redriven, Verdict } from './record-judge.ts';
import { Tally } from './report/tally.ts';

/** Where a record of the error topic is. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export interface BatchEntry {
  readonly place: Place;
  readonly error: ErrorRecord;
  readonly request: Redriven;
}

const MOST_RECORDS = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_AGE_MS = 1_000;

/** What one transaction holds: requests, and how far the error topic has been dealt with. */
export class RedriveBatch {
  readonly entries: BatchEntry[] = [];
  /** Offset after the last record that was dealt with, by partition. */
  readonly positions = new Map<number, number>();
  readonly tally = new Tally();
  #sizeBytes = 0;
  readonly #dueMs: number;

  /** @param nowMs when it was begun */
  constructor(nowMs: number) {
    this.#dueMs = nowMs + MOST_AGE_MS;
  }

  /** Readers of committed records should not wait for long, nor the broker for the end of the transaction. */
  isDue(nowMs: number): boolean {
    return this.entries.length >= MOST_RECORDS || this.#sizeBytes >= MOST_BYTES || nowMs >= this.#dueMs;
  }

  add({ partition: { partition }, offset }: InputRecord, verdict: Verdict): void {
    this.positions.set(partition, offset + 1);
    if (verdict.kind !== 'send') {
      this.tally[verdict.kind]++;
      return;
    }
    this.entries.push({ place: { partition, offset }, error: verdict.error, request: verdict.request });
    this.#sizeBytes += verdict.request.sizeBytes;
    this.tally.countRedriven(verdict.error);
  }
}
