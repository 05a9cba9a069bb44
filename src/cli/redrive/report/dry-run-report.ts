import { preview } from '../../records/printable.ts';
import type { BatchEntry } from '../redrive-batch.ts';
import type { Tally } from './tally.ts';

const SHOWN = 5;
const KEY_CHARACTERS = 40;
const VALUE_CHARACTERS = 80;

/** What a dry run shows beside the counts: how many of each kind, and a few of the records. */
export class DryRunReport {
  readonly #shown: BatchEntry[] = [];

  take(entries: readonly BatchEntry[]): void {
    this.#shown.push(...entries.slice(0, SHOWN - this.#shown.length));
  }

  lines(tally: Tally): readonly string[] {
    const rows = tally
      .lines()
      .map(({ code, node, status, count }) => [String(count), code, node || '-', status || '-']);
    if (rows.length === 0) return [];
    const table = aligned([['records', 'code', 'node', 'status'], ...rows]);
    return [...table, '', ...this.#shown.flatMap(lines), ''];
  }
}

function lines({ place, error, request }: BatchEntry): string[] {
  const key = request.key === null ? 'no key' : `key ${preview(request.key, KEY_CHARACTERS)}`;
  const to = `${request.topic}/${request.partition}`;
  return [
    `${place.partition}/${place.offset}  ${error.code}  ${key}  to ${to}`,
    `  ${preview(request.value ?? Buffer.from('(no value)'), VALUE_CHARACTERS)}`,
  ];
}

/** Columns side by side; the first one is of numbers. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
