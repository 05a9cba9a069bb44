import type { Combination } from '../combination.ts';
import { grpcPlan } from '../models/grpc-plan.ts';
import { restPlan } from '../models/rest-plan.ts';
import type { FuzzRecord } from '../mutations/record.ts';

/** What must become of a record that goes to one hostile model as it is; undefined where several things may. */
export interface Expected {
  /** Where it becomes a result: its value. */
  readonly value: Buffer;
  /** Whether it must become a result. */
  readonly mustPass: boolean;
}

/** What the stream must make of a record of a single-model run, when its value goes to the model byte for byte. */
export function expectedResult(
  combination: Combination,
  seed: number,
  hostility: number,
  { value, isGood }: FuzzRecord,
): Expected | undefined {
  const { protocol, transport } = combination;
  // The others name the model, or rename a key, in some messages.
  const goesAsItIs = protocol === 'seldon' || (protocol === 'tensorflow' && transport === 'grpc' && isGood);
  if (value === null || value.length === 0 || !goesAsItIs) return undefined;
  if (transport === 'rest') {
    const plan = restPlan(combination, seed, 'answer', value, hostility);
    return plan.isGood ? { value: plan.body, mustPass: true } : undefined;
  }
  const { good } = grpcPlan(combination, seed, 'answer', value, hostility);
  return good === undefined ? undefined : { value: good, mustPass: isGood };
}
