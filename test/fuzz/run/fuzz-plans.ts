import type { Combination } from '../combination.ts';
import type { GraphKind } from '../graphs.ts';
import { fuzzRecord } from '../mutations/record.ts';
import type { ModelKind, StreamPlan } from './stream-plan.ts';

export interface PlanChoice {
  readonly graphs: readonly GraphKind[];
  readonly models: readonly ModelKind[];
  /** Over all plans of the combination. */
  readonly records: number;
  readonly seed: number;
  readonly hostility: number;
}

// One model passes what it gets on; what does that with good answers only has nothing to show.
const SHARES: readonly { readonly graph: GraphKind; readonly models: ModelKind; readonly share: number }[] = [
  { graph: 'single', models: 'hostile', share: 0.5 },
  { graph: 'graph', models: 'hostile', share: 0.35 },
  { graph: 'graph', models: 'embedded', share: 0.15 },
];

/** The streams that a combination is tried with. The same record can go through several of them. */
export function plansOf(combination: Combination, choice: PlanChoice): StreamPlan[] {
  const { graphs, models, records, seed, hostility } = choice;
  const chosen = SHARES.filter((one) => graphs.includes(one.graph) && models.includes(one.models));
  const whole = chosen.reduce((sum, { share }) => sum + share, 0);
  return chosen.map(({ share, ...kinds }) => ({
    combination,
    ...kinds,
    seed,
    hostility,
    records: Math.ceil((records * share) / whole),
    recordOf: (index) => fuzzRecord(combination, seed, index),
  }));
}
