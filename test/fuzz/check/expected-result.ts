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
  record: FuzzRecord,
): Expected | undefined {
  const { value, isGood } = record;
  const { protocol, transport } = combination;
  const goesAsItIs = protocol === 'seldon' || (isGood && isRequest(combination, record));
  if (value === null || value.length === 0 || !goesAsItIs) return undefined;
  if (transport === 'rest') {
    const plan = restPlan(combination, seed, 'answer', value, hostility);
    return plan.isGood ? { value: plan.body, mustPass: true } : undefined;
  }
  const { good } = grpcPlan(combination, seed, 'answer', value, hostility);
  return good === undefined ? undefined : { value: good, mustPass: isGood };
}

/** Whether a good message goes to the model untouched: it is no answer that has to become a request, and names its model already. */
function isRequest({ protocol, transport }: Combination, { value, headers }: FuzzRecord): boolean {
  const texts = headers.map(([name, content]) => [name.toString('latin1').toLowerCase(), String(content)] as const);
  if (transport === 'grpc') return protocol === 'tensorflow' && !texts.some(([, text]) => text.endsWith('Response'));
  // What is encoded has to be read first, if it can be.
  return /"(?:instances|inputs)":/.test(String(value)) && !texts.some(([name]) => name === 'content-encoding');
}
