import { placeOf, type Evidence, type Sample, type WitnessedRecord } from './evidence.ts';

/**
 * Commits that ran ahead: at the time of a sample an input lay below the committed offset, and no result or error record of it
 * below the ends of their topics. Each input is told once, with the first sample that shows it.
 */
export function aheadOfStored(evidence: Evidence, outcomes: ReadonlyMap<string, readonly WitnessedRecord[]>): string[] {
  const wrong: string[] = [];
  for (const input of evidence.inputs) {
    const own = outcomes.get(placeOf(input)) ?? [];
    const bad = evidence.samples.find((sample) => isCommitted(sample, input) && !own.some((one) => isIn(sample, one)));
    if (bad === undefined) continue;
    const offset = bad.committed.get(input.partition);
    const time = new Date(bad.atMs).toISOString();
    wrong.push(`${placeOf(input)}: offset ${offset} was committed at ${time}, before its result was stored`);
  }
  return wrong;
}

/** Inputs that were not committed at the end. */
export function uncommitted(evidence: Evidence): string[] {
  const last = evidence.samples.at(-1);
  return evidence.inputs.filter((input) => last === undefined || !isCommitted(last, input)).map(placeOf);
}

function isCommitted(sample: Sample, input: WitnessedRecord): boolean {
  return input.offset < (sample.committed.get(input.partition) ?? 0);
}

function isIn(sample: Sample, record: WitnessedRecord): boolean {
  return record.offset < (sample.ends.get(`${record.topic}/${record.partition}`) ?? 0);
}
