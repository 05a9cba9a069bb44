import Table from 'cli-table3';
import { foldText } from '../fold-text.ts';

/** Rows of the table at most: of one line each, or of several. */
const MAX_ROWS = { flat: 10, tall: 5 };
/** Characters of one cell at most; it takes several lines. */
const CELL_LIMIT = 320;
/** What a cell takes beside its text, and the table's first line. */
const CELL_MARGIN = 3;
const WIDTH = { min: 60, max: 140 };
/** Where the output is no terminal. */
const DEFAULT_COLUMNS = 120;
/** What the first cell gets, where the other is larger. */
const REQUEST_SHARE = 0.45;

/** A request with what came of it. */
export interface OutcomeRow {
  readonly key: string;
  readonly failed: boolean;
  /** The request first. Asked only of rows that are shown. */
  cells(): readonly string[];
}

/**
 * Some requests beside what came of them: the first ones, and those that failed.
 *
 * @param heads of the cells
 * @param columns width of the terminal; 0 where there is none
 */
export function outcomeTable(heads: readonly string[], rows: readonly OutcomeRow[], columns: number): string {
  const flat = layOut(heads, chosenRows(rows, MAX_ROWS.flat), columns);
  return (flat.tall ? layOut(heads, chosenRows(rows, MAX_ROWS.tall), columns) : flat).text;
}

function layOut(heads: readonly string[], rows: readonly OutcomeRow[], columns: number) {
  const keyWidth = Math.max(...rows.map(({ key }) => key.length)) + CELL_MARGIN - 1;
  const whole = Math.max(WIDTH.min, Math.min(WIDTH.max, columns || DEFAULT_COLUMNS));
  const width = whole - keyWidth - heads.length - 2;
  const widths = heads.map((_, index) => Math.floor(width * shareOf(index, heads.length)));
  const texts = rows.map((row) => {
    const cells = row.cells().map((cell, index) => foldText(clip(cell), (widths[index] ?? 0) - CELL_MARGIN + 1));
    return [row.key, ...cells];
  });
  // Lines between the rows are of use where rows have several lines.
  const tall = texts.some((row) => row.some((cell) => cell.includes('\n')));
  const table = new Table({
    head: ['', ...heads],
    colWidths: [keyWidth, ...widths],
    style: { head: [], border: [], compact: !tall },
  });
  table.push(...texts);
  return { text: table.toString(), tall };
}

function shareOf(index: number, count: number): number {
  if (count !== 2) return 1 / count;
  return index === 0 ? REQUEST_SHARE : 1 - REQUEST_SHARE;
}

/** The first rows; the last of them give way to failures that would not be among them. */
function chosenRows(rows: readonly OutcomeRow[], count: number): readonly OutcomeRow[] {
  const failed = rows.filter((row) => row.failed).slice(0, count >> 1);
  const first = new Set([...rows.filter((row) => !failed.includes(row)).slice(0, count - failed.length), ...failed]);
  return rows.filter((row) => first.has(row));
}

function clip(text: string): string {
  return text.length > CELL_LIMIT ? `${text.slice(0, CELL_LIMIT)}…` : text;
}
