import type { FuzzRecord } from '../mutations/record.ts';
import type { PlacedRecord } from '../run/record-feed.ts';
import type { TailedRecord } from '../run/topic-tail.ts';
import { headerText, wrongInError, wrongInResult } from './outcome-check.ts';
import type { Expected } from './expected-result.ts';

export interface Finding {
  readonly record: FuzzRecord;
  readonly what: string;
}

export interface LedgerRules {
  readonly inputTopic: string;
  readonly outputTopic: string;
  readonly isGrpc: boolean;
  /** What must become of a record, where that is known. */
  expected(record: FuzzRecord): Expected | undefined;
}

// Of a record that should have passed: the fault of a neighbour on its connection, or of a busy machine.
const EXCUSED = new Set(['MODEL_TIMEOUT', 'MODEL_INTERRUPTED']);

/** Which records have gone in and not come out; and whether what came out is right. */
export class Ledger {
  readonly #rules: LedgerRules;
  readonly #waiting = new Map<string, FuzzRecord>();
  /** What came before the broker had told where the request is. */
  readonly #early = new Map<string, TailedRecord>();
  readonly #done = new Set<string>();
  readonly findings: Finding[] = [];
  /** Good records that failed by the fault of others. */
  readonly excused: FuzzRecord[] = [];
  /** Records that came out, by what they became. */
  readonly outcomes = new Map<string, number>();
  sent = 0;
  settled = 0;

  constructor(rules: LedgerRules) {
    this.#rules = rules;
  }

  get waiting(): readonly FuzzRecord[] {
    return [...this.#waiting.values()];
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  put(placed: readonly PlacedRecord[]): void {
    for (const { record, partition, offset } of placed) {
      const source = `${this.#rules.inputTopic}/${partition}/${offset}`;
      this.sent++;
      this.#waiting.set(source, record);
      const early = this.#early.get(source);
      this.#early.delete(source);
      if (early !== undefined) this.take(early);
    }
  }

  take(found: TailedRecord): void {
    const source = headerText(found.headers, 'millrace-source') ?? 'none';
    const record = this.#waiting.get(source);
    if (record === undefined) {
      if (this.#done.has(source)) this.#find(UNKNOWN, `${source} came out twice`);
      else this.#early.set(source, found);
      return;
    }
    this.#waiting.delete(source);
    this.#done.add(source);
    this.settled++;
    const what = found.topic === this.#rules.outputTopic ? this.#result(record, found) : this.#error(record, found);
    if (what !== undefined) this.#find(record, what);
  }

  /** At the end: what never came out, and what came out of nothing. */
  close(): void {
    for (const record of this.#waiting.values()) this.#find(record, 'it came out nowhere');
    for (const source of this.#early.keys()) this.#find(UNKNOWN, `something came out of ${source}, which nobody wrote`);
  }

  #result(record: FuzzRecord, found: TailedRecord): string | undefined {
    this.#count('result');
    const expected = this.#rules.expected(record);
    if (expected !== undefined && !(found.value?.equals(expected.value) ?? false))
      return `its result is not what its model answered: ${start(found.value)} instead of ${start(expected.value)}`;
    return wrongInResult(record, found, this.#rules.isGrpc);
  }

  #error(record: FuzzRecord, found: TailedRecord): string | undefined {
    const code = headerText(found.headers, 'millrace-error-code') ?? 'none';
    this.#count(code);
    const wrong = wrongInError(record, found);
    if (wrong !== undefined || this.#rules.expected(record)?.mustPass !== true) return wrong;
    if (EXCUSED.has(code)) this.excused.push(record);
    else
      return `its model answered well, and it became an error: ${headerText(found.headers, 'millrace-error-message')}`;
    return undefined;
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #find(record: FuzzRecord, what: string): void {
    this.findings.push({ record, what });
  }
}

function start(value: Buffer | null): string {
  return JSON.stringify(value?.toString('latin1', 0, 100) ?? null);
}

const UNKNOWN: FuzzRecord = { index: -1, key: null, value: null, headers: [], isGood: false };
