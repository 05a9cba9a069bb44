import { plural, rateText, secondsText, sizeText } from '../amounts.ts';
import type { LoadPlan } from './load-plan.ts';

/** What became of the records that were sent. */
export interface LoadCounts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Of the acknowledged records. */
  readonly sizeBytes: number;
}

/** The last line: `10000 records in 1.2 s (8,300/s), 23.4 MB, 0 refused`. The first number is of those that are stored. */
export function summary({ sent, acknowledged, refused, sizeBytes }: LoadCounts, durationMs: number): string {
  const speed = `in ${secondsText(durationMs)} (${rateText(acknowledged, durationMs)})`;
  const open = sent - acknowledged - refused;
  const unknown = open > 0 ? `, ${open} not acknowledged` : '';
  return `${plural(acknowledged, 'record')} ${speed}, ${sizeText(sizeBytes)}, ${refused} refused${unknown}`;
}

/** After an end before the end: how to send the rest, where that can be said. */
export function howToGoOn({ sent, acknowledged }: LoadCounts, plan: LoadPlan): string[] {
  if (sent === 0 || acknowledged < sent || plan.repeat !== 1 || !plan.files.every((file) => file.repeatable)) return [];
  return [`stopped after ${plural(plan.skip + sent, 'record')}; --skip ${plan.skip + sent} goes on with the next one`];
}
