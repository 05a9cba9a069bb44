import Table from 'cli-table3';
import type { ExampleLedger, ExampleOutcome } from '../../../dev/example/example-ledger.ts';
import { foldText } from '../fold-text.ts';
import { readable } from './readable.ts';

/** Rows of the table at most: of one line each, or of several. */
const MAX_ROWS = { flat: 10, tall: 5 };
/** Characters of one cell at most; it takes several lines. */
const CELL_LIMIT = 320;
/** What the key and the lines of the table take. */
const OTHER_WIDTH = 8;
const WIDTH = { min: 60, max: 140 };
/** Where the output is no terminal. */
const DEFAULT_COLUMNS = 120;

/**
 * Some requests beside what came of them: the first ones, and those that failed.
 *
 * @param protoName of the requests; empty for JSON
 * @param columns width of the terminal; 0 where there is none
 */
export function outcomeTable(ledger: ExampleLedger, protoName: string, columns: number): string {
  const flat = layOut(ledger, MAX_ROWS.flat, protoName, columns);
  return (flat.tall ? layOut(ledger, MAX_ROWS.tall, protoName, columns) : flat).text;
}

function layOut(ledger: ExampleLedger, count: number, protoName: string, columns: number) {
  const shown = chosenRows(ledger, count);
  const keyWidth = Math.max(...shown.map((index) => ledger.requests[index]?.key.length ?? 0));
  const width = Math.max(WIDTH.min, Math.min(WIDTH.max, columns || DEFAULT_COLUMNS)) - keyWidth - OTHER_WIDTH;
  const [request, outcome] = [Math.floor(width * 0.45), Math.ceil(width * 0.55)];
  const rows = shown.map((index) => {
    const asked = readable(ledger.requests[index]?.value ?? null, protoName);
    const cells = [
      foldText(clip(asked), request - 2),
      foldText(clip(outcomeText(ledger.outcomes[index])), outcome - 2),
    ];
    return [ledger.requests[index]?.key ?? '', ...cells];
  });
  // Lines between the rows are of use where rows have several lines.
  const tall = rows.some((row) => row.some((cell) => cell.includes('\n')));
  const table = new Table({
    head: ['', 'request', 'result'],
    colWidths: [keyWidth + 2, request, outcome],
    style: { head: [], border: [], compact: !tall },
  });
  table.push(...rows);
  return { text: table.toString(), tall };
}

/** Indices of the first requests; the last of them give way to failures that would not be among them. */
function chosenRows({ requests, outcomes }: ExampleLedger, count: number): readonly number[] {
  const failed = outcomes.flatMap((outcome, index) => (outcome?.kind === 'error' ? [index] : [])).slice(0, count >> 1);
  const others = requests.map((_, index) => index).filter((index) => !failed.includes(index));
  return [...others.slice(0, count - failed.length), ...failed].sort((a, b) => a - b);
}

function outcomeText(outcome: ExampleOutcome | undefined): string {
  if (outcome === undefined) return '(nothing)';
  const { kind, record } = outcome;
  if (kind === 'result') return readable(record.value, record.protoName);
  const response = record.response === '' ? '' : `: ${record.response}`;
  return `error record ${record.code}: ${record.message}${response}`;
}

function clip(text: string): string {
  return text.length > CELL_LIMIT ? `${text.slice(0, CELL_LIMIT)}…` : text;
}
