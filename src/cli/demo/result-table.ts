import Table from 'cli-table3';
import type { Rejection } from '../../dev/demo/ledger/ledger.ts';
import type { PhaseReport } from '../../dev/demo/ledger/phase.ts';
import { countText, rateText } from '../amounts.ts';
import { foldText } from './fold-text.ts';
import { latencyText } from './stream-view.ts';

const REASON_WIDTH = { min: 30, max: 70 };
/** What the other columns and the lines of the error table take. */
const OTHER_WIDTH = 50;
/** Where the output is no terminal. */
const DEFAULT_COLUMNS = 120;

/** One column a phase: what went in, what came out, how fast. */
export function resultTable(reports: readonly PhaseReport[]): string {
  const row = (name: string, cell: (report: PhaseReport) => string) => [name, ...reports.map(cell)];
  const table = newTable(
    ['', ...reports.map((report) => report.title)],
    ['left', ...reports.map(() => 'right' as const)],
  );
  table.push(
    row(
      'requests',
      ({ requests, malformed }) => countText(requests) + (malformed > 0 ? ` + ${malformed} malformed` : ''),
    ),
    row('predictions', ({ results }) => countText(results)),
    row('error records', ({ errors }) => countText(errors)),
    row('accuracy', ({ correct, results }) => (results === 0 ? '-' : `${((correct / results) * 100).toFixed(1)} %`)),
    row('records a second', ({ results, errors, durationMs }) => rateText(results + errors, durationMs)),
    row('latency p50', ({ p50Ms }) => latencyText(p50Ms)),
    row('latency p99', ({ p99Ms }) => latencyText(p99Ms)),
  );
  return table.toString();
}

/**
 * What became of the malformed requests.
 *
 * @param columns width of the terminal; 0 where there is none
 */
export function errorTable(rejections: readonly Rejection[], columns: number): string {
  const room = (columns || DEFAULT_COLUMNS) - OTHER_WIDTH;
  const width = Math.max(REASON_WIDTH.min, Math.min(REASON_WIDTH.max, room));
  const table = newTable(['request', 'code', 'reason'], ['left', 'left', 'left']);
  for (const { request, record } of rejections) {
    const reason = record.response === '' ? record.message : `${record.message}: ${modelWords(record.response)}`;
    table.push([request.malformed?.what ?? request.key, record.code, foldText(reason, width)]);
  }
  return table.toString();
}

// The error body of the tensorflow protocol, without its wrapping.
function modelWords(response: string): string {
  return /^\{"error":"(.*)"\}$/s.exec(response)?.[1]?.replaceAll('\\"', '"') ?? response;
}

// Colours would be lost on a pipe, and the words are enough.
function newTable(head: string[], colAligns: ('left' | 'right')[]) {
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
