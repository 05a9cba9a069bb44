import type { PayloadLog } from '../../../dev/demo/payload-log/logged-payload.ts';
import { plural } from '../../amounts.ts';
import { outcomeTable } from './outcome-table.ts';
import { readable } from './readable.ts';

/** Some of what was logged, by request and in the order in which it passed; and how much there is. */
export function payloadTable({ title, payloads }: PayloadLog, columns: number): string {
  const sorted = payloads.toSorted((a, b) => {
    if (a.requestId !== b.requestId) return a.requestId < b.requestId ? -1 : 1;
    return a.order - b.order;
  });
  const rows = sorted.map(({ requestId, node, kind, body }) => ({
    key: requestId,
    failed: false,
    cells: () => [`${kind} of ${node}`, readable(body, '')],
  }));
  const table = outcomeTable(['logged', 'payload'], rows, columns);
  return `  Logged to ${title}: ${plural(payloads.length, 'payload')}\n\n${table}`;
}
