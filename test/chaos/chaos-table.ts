import Table from 'cli-table3';
import { DELIVERIES, ORDERS, replayCommand } from './cell.ts';
import { FAULTS } from './faults/all-faults.ts';
import type { CellReport } from './play-cell.ts';
import { settingsText } from './settings.ts';

const SHOWN_RECORDS = 12;

const HEAD = [
  'fault',
  'delivery',
  'order',
  'records',
  'faults',
  'lost',
  'duplicated',
  'out of order',
  'longest stall',
  'kept',
];

/** One row a cell; cells of the same fault and modes are added up, and the longest of their stalls counts. */
export function chaosTable(reports: readonly CellReport[]): string {
  const table = new Table({
    head: HEAD,
    colAligns: HEAD.map((_, column) => (column >= 3 && column < 9 ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...tableRows(reports).map((row) => row.map(String)));
  return table.toString();
}

/** The rows, as the table and docs/guarantees.md have them. */
export function tableRows(reports: readonly CellReport[]): (string | number)[][] {
  const rows = new Map<string, CellReport[]>();
  for (const report of [...reports].sort((a, b) => rankOf(a) - rankOf(b))) {
    const { fault, delivery, order } = report.cell;
    const own = `${fault.name} ${delivery} ${order}`;
    rows.set(own, [...(rows.get(own) ?? []), report]);
  }
  return [...rows.values()].map((own) => {
    const [{ cell }] = own as [CellReport, ...CellReport[]];
    const sum = (count: (report: CellReport) => number) => own.reduce((all, report) => all + count(report), 0);
    const stallMs = Math.max(...own.map(({ verdict }) => verdict.longestStallMs));
    return [
      cell.fault.name,
      cell.delivery,
      cell.order,
      sum(({ verdict }) => verdict.inputs),
      sum(({ injected }) => injected.length),
      sum(({ verdict }) => verdict.lost.length),
      sum(({ verdict }) => verdict.duplicated.length),
      sum(({ verdict }) => verdict.outOfOrder.length),
      `${stallMs} ms`,
      own.every(({ broken }) => broken.length === 0) ? 'yes' : 'NO',
    ];
  });
}

/** Where the cell stands in the table: by fault, then by delivery, then by order. */
function rankOf({ cell: { fault, delivery, order } }: CellReport): number {
  return (
    (FAULTS.indexOf(fault) * DELIVERIES.length + DELIVERIES.indexOf(delivery)) * ORDERS.length + ORDERS.indexOf(order)
  );
}

/** What broke in a cell: the records, the seed, how to play it again. */
export function violationText(report: CellReport): string {
  const { cell, settings, broken, injected, folder } = report;
  const lines = [`BROKEN: ${cell.fault.name}, ${cell.delivery}, order ${cell.order}, seed ${cell.seed}`];
  for (const { what, records } of broken) {
    lines.push(`  ${what}: ${records.length}`, ...records.slice(0, SHOWN_RECORDS).map((record) => `    ${record}`));
    if (records.length > SHOWN_RECORDS) lines.push(`    and ${records.length - SHOWN_RECORDS} more`);
  }
  lines.push(`  faults: ${injected.join('; ')}`, `  settings: ${settingsText(settings)}`);
  lines.push(`  logs of the executors: ${folder}`);
  lines.push(`  again (same choices; the timing of processes is their own): ${replayCommand(cell)}`);
  return lines.join('\n');
}
