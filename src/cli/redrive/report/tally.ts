import { plural } from '../../amounts.ts';
import type { ErrorRecord } from '../selection/error-record.ts';

/** Records of one code, node and status. */
export interface TallyLine {
  readonly code: string;
  readonly node: string;
  readonly status: string;
  readonly count: number;
}

/** Counts what became of records. */
export class Tally {
  /** Sent, or (in a dry run) to be sent. */
  redriven = 0;
  /** Not meant by the filters. */
  skipped = 0;
  /** No error records: the topic is another one, or holds other things too. */
  foreign = 0;
  /** Meant, and dealt with by an earlier run. */
  before = 0;
  cannot = 0;
  readonly #lines = new Map<string, TallyLine>();

  /** Meant by the filters, and not dealt with before. */
  get matched(): number {
    return this.redriven + this.cannot;
  }

  countRedriven(error: ErrorRecord): void {
    this.redriven++;
    this.#count(error, 1);
  }

  /** A record that was counted as redriven was refused. */
  refuse(error: ErrorRecord): void {
    this.redriven--;
    this.cannot++;
    this.#count(error, -1);
  }

  add(other: Tally): void {
    this.redriven += other.redriven;
    this.skipped += other.skipped;
    this.foreign += other.foreign;
    this.before += other.before;
    this.cannot += other.cannot;
    for (const line of other.lines()) this.#count(line, line.count);
  }

  /** What was redriven, by code, node and status, the most frequent first. */
  lines(): readonly TallyLine[] {
    return [...this.#lines.values()].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  }

  /** The counts in words. */
  text(verb: string): string {
    const parts = [`${plural(this.matched, 'record')} matched`, `${this.redriven} ${verb}`, `${this.skipped} skipped`];
    if (this.foreign > 0) parts.push(`${this.foreign} without the headers of an error record`);
    if (this.before > 0) parts.push(`${this.before} redriven before`);
    if (this.cannot > 0) parts.push(`${this.cannot} cannot be redriven`);
    return parts.join(', ');
  }

  #count({ code, node, status }: Pick<TallyLine, 'code' | 'node' | 'status'>, by: number): void {
    const place = JSON.stringify([code, node, status]);
    this.#lines.set(place, { code, node, status, count: (this.#lines.get(place)?.count ?? 0) + by });
  }
}
