import type { ProcessSample } from '../../probe/process-probe.ts';
import { nameOf } from '../combination.ts';
import type { StreamResult } from './fuzz-stream.ts';

const MEGABYTE = 1024 * 1024;
/**
 * How much more the process may hold after all records than after the first third, once garbage is collected. A connection to a broker
 * keeps the buffer of its largest answer (up to 16 MB), and the pools of connections to models breathe with the calls in flight (64).
 * What leaks once in a hundred records is far beyond both in a long run.
 */
const MAX_GROWTH = { heapBytes: 12 * MEGABYTE, externalBytes: 32 * MEGABYTE, descriptors: 64 } as const;

/** Everything that is wrong with a run, one sentence each. */
export function faultsOf(result: StreamResult): readonly string[] {
  const { plan, findings, troubles, records } = result;
  const faults = [...troubles, ...growth(result)];
  faults.push(...findings.map(({ record, what }) => `record ${record.index}: ${what}`));
  if (records !== plan.records) faults.push(`${plan.records} records were to come out, and ${records} did`);
  if (plan.records >= 1_000) faults.push(...vacuity(result));
  return faults;
}

/** One line of what happened. */
export function lineOf({ plan, records, seconds, outcomes, excused, before, after }: StreamResult): string {
  const { combination, graph, models, batch, delivery } = plan;
  const results = outcomes.get('result') ?? 0;
  const codes = [...outcomes].filter(([name]) => name !== 'result').sort(([, a], [, b]) => b - a);
  const settings = `${batch > 1 ? `, batches of ${batch}` : ''}${delivery === 'exactly-once' ? ', exactly-once' : ''}`;
  const name = `${nameOf(combination)} ${graph} ${models}${settings}`.padEnd(46);
  return (
    `${name} ${String(records).padStart(7)} records in ${seconds.toFixed(0).padStart(4)} s: ${results} results, ${records - results} errors` +
    ` (${codes.map(([code, count]) => `${code} ${count}`).join(', ')})${excused.length > 0 ? `, ${excused.length} excused` : ''}` +
    (after === undefined ? '' : `; ${held(before)} -> ${held(after)}`)
  );
}

function growth({ before, after }: StreamResult): string[] {
  if (before === undefined || after === undefined) return [];
  return (Object.keys(MAX_GROWTH) as (keyof typeof MAX_GROWTH)[])
    .filter((what) => after[what] - before[what] > MAX_GROWTH[what])
    .map((what) => `${what} grew from ${before[what]} to ${after[what]}: ${JSON.stringify(after.resources)}`);
}

/** A run in which all, or nothing, goes wrong proves little. */
function vacuity({ outcomes, records }: StreamResult): string[] {
  const share = (outcomes.get('result') ?? 0) / records;
  return share > 0.02 && share < 0.98
    ? []
    : [`${(100 * share).toFixed(1)} % of the records became results: nothing was tried`];
}

function held(sample: ProcessSample | undefined): string {
  if (sample === undefined) return '-';
  const { heapBytes, externalBytes, rssBytes, descriptors } = sample;
  const megabytes = (bytes: number) => Math.round(bytes / MEGABYTE);
  return `heap ${megabytes(heapBytes)} + ${megabytes(externalBytes)} MB, rss ${megabytes(rssBytes)} MB, ${descriptors} fds`;
}
