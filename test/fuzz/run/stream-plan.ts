import type { Combination } from '../combination.ts';
import type { GraphKind } from '../graphs.ts';
import type { FuzzRecord } from '../mutations/record.ts';

/** Models that answer everything, also wrongly and not at all; or Millrace's own model server, which refuses what is no request. */
export type ModelKind = (typeof MODEL_KINDS)[number];
export const MODEL_KINDS = ['hostile', 'embedded'] as const;

export type Delivery = 'at-least-once' | 'exactly-once';

/** One executor, one input topic, and so many records. */
export interface StreamPlan {
  readonly combination: Combination;
  readonly graph: GraphKind;
  readonly models: ModelKind;
  /** KAFKA_BATCH_SIZE. */
  readonly batch: number;
  /** KAFKA_DELIVERY. */
  readonly delivery: Delivery;
  readonly seed: number;
  /** Share of a hostile model's answers that are not good ones. */
  readonly hostility: number;
  readonly records: number;
  recordOf(index: number): FuzzRecord;
}
