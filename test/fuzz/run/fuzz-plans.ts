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

type Kinds = Pick<StreamPlan, 'graph' | 'models' | 'batch' | 'delivery'>;

const ONE_BY_ONE = { batch: 1, delivery: 'at-least-once' } as const;
const KINDS: readonly (Kinds & { readonly share: number })[] = [
  { ...ONE_BY_ONE, graph: 'single', models: 'hostile', share: 0.4 },
  { ...ONE_BY_ONE, graph: 'graph', models: 'hostile', share: 0.3 },
  { graph: 'single', models: 'hostile', batch: 8, delivery: 'at-least-once', share: 0.15 },
  { graph: 'graph', models: 'embedded', batch: 1, delivery: 'exactly-once', share: 0.15 },
];

/** The streams that a combination is tried with. The same record can go through several of them. */
export function plansOf(combination: Combination, choice: PlanChoice): StreamPlan[] {
  const { graphs, models, records, seed, hostility } = choice;
  const chosen = KINDS.filter((one) => graphs.includes(one.graph) && models.includes(one.models));
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
