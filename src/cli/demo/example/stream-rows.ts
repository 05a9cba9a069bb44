import type { ExampleLedger, ExampleOutcome } from '../../../dev/example/example-ledger.ts';
import type { OutcomeRow } from './outcome-table.ts';
import { readable } from './readable.ts';

/**
 * The requests of a stream with their results.
 *
 * @param protoName of the requests; empty for JSON
 */
export function streamRows({ requests, outcomes }: ExampleLedger, protoName: string): readonly OutcomeRow[] {
  return requests.map(({ key, value }, index) => ({
    key,
    failed: outcomes[index]?.kind === 'error',
    cells: () => [readable(value, protoName), outcomeText(outcomes[index])],
  }));
}

function outcomeText(outcome: ExampleOutcome | undefined): string {
  if (outcome === undefined) return '(nothing)';
  const { kind, record } = outcome;
  if (kind === 'result') return readable(record.value, record.protoName);
  const response = record.response === '' ? '' : `: ${record.response}`;
  return `error record ${record.code}: ${record.message}${response}`;
}
