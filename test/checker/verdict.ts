import { aheadOfStored, uncommitted } from './commits.ts';
import { placeOf, type Evidence, type WitnessedRecord } from './evidence.ts';
import { overtaken, type Order } from './order.ts';
import { matchOutcomes, type Expected } from './outcomes.ts';
import { longestStallMs } from './stall.ts';

export type Delivery = 'at-least-once' | 'exactly-once';

/** What was promised. */
export interface Promised {
  readonly order: Order;
  /** What may become of an input; left out where only its key is to be looked at. */
  readonly expect?: (input: WitnessedRecord) => Expected;
}

export interface Verdict {
  readonly inputs: number;
  readonly results: number;
  readonly errors: number;
  readonly samples: number;
  /** Inputs with neither a result nor an error record. */
  readonly lost: readonly string[];
  /** Inputs with more than one: with exactly-once delivery a broken promise. */
  readonly duplicated: readonly string[];
  readonly outOfOrder: readonly string[];
  /** Results and error records that no input should have. */
  readonly foreign: readonly string[];
  /** Inputs that were committed before they were stored. */
  readonly ahead: readonly string[];
  /** Inputs that were not committed at the end. */
  readonly uncommitted: readonly string[];
  /** Partitions whose readers wait for a transaction that nobody ends. */
  readonly hanging: readonly string[];
  readonly longestStallMs: number;
}

/** Compares what came out with what went in. */
export function judge(evidence: Evidence, promised: Promised): Verdict {
  const { inputs, results, errors, samples, hanging } = evidence;
  const { byInput, foreign } = matchOutcomes(evidence, promised.expect);
  return {
    inputs: inputs.length,
    results: results.length,
    errors: errors.length,
    samples: samples.length,
    lost: inputs.filter((input) => !byInput.has(placeOf(input))).map(placeOf),
    duplicated: [...byInput]
      .filter(([, own]) => own.length > 1)
      .map(([place, own]) => `${place}: ${own.map((record) => `${record.topic}/${placeOf(record)}`).join(', ')}`),
    outOfOrder: overtaken(results, promised.order),
    foreign,
    ahead: aheadOfStored(evidence, byInput),
    uncommitted: uncommitted(evidence),
    hanging,
    longestStallMs: longestStallMs(inputs, byInput),
  };
}

/** Every broken promise with the records concerned; none when all were kept. */
export function brokenPromises(verdict: Verdict, delivery: Delivery): { what: string; records: readonly string[] }[] {
  const { lost, duplicated, outOfOrder, foreign, ahead, hanging } = verdict;
  const broken = [
    { what: 'no result and no error record', records: lost },
    { what: 'more than one result or error record', records: delivery === 'exactly-once' ? duplicated : [] },
    { what: 'out of order', records: outOfOrder },
    { what: 'not what the input must get', records: foreign },
    { what: 'committed before it was stored', records: ahead },
    { what: 'not committed at the end', records: verdict.uncommitted },
    { what: 'a transaction that nobody ends', records: hanging },
    { what: 'nothing was put in', records: verdict.inputs === 0 ? ['the input topic is empty'] : [] },
    { what: 'commits were never seen', records: verdict.samples === 0 ? ['no sample could be taken'] : [] },
  ];
  return broken.filter(({ records }) => records.length > 0);
}
