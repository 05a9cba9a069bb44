// What is asked, and what must come of it: plain functions of the request's bytes, for the model that answers and for the checker
// that knows what the answer must be.
import { createHash } from 'node:crypto';
import type { Seeded } from '../simulation/seeded.ts';
import type { WitnessedRecord } from '../checker/evidence.ts';
import type { Expected } from '../checker/outcomes.ts';

/**
 * - `plain`: answered;
 * - `wide`: answered, with more than a small topic takes;
 * - `refused`, `garbled`: the model says 400;
 * - `failing`: it says 500, however often it is asked; `dropping`: it closes the connection;
 * - `empty`, `absent`: a record without a request in it.
 */
export type RequestKind = 'plain' | 'wide' | 'refused' | 'garbled' | 'failing' | 'dropping' | 'empty' | 'absent';

export interface LoadRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

const KEYS = 40;
const WIDE_BYTES = 6_000;

/** Makes a record of the kind. Some have no key, some keys are used more than others. */
export function makeRequest(random: Seeded, id: number, kind: RequestKind): LoadRecord {
  const key = random.chance(0.05) ? null : Buffer.from(`key-${Math.floor(KEYS * random.next() * random.next())}`);
  return { key, value: valueOf(random, id, kind), headers: { 'chaos-id': String(id) } };
}

function valueOf(random: Seeded, id: number, kind: RequestKind): Buffer | null {
  if (kind === 'absent') return null;
  if (kind === 'empty') return Buffer.alloc(0);
  if (kind === 'garbled') return Buffer.concat([Buffer.from([0xff, 0x00, 0x7b]), Buffer.from(`garbled ${id}`)]);
  const padding = 'x'.repeat(kind === 'wide' ? WIDE_BYTES : random.between(0, 60));
  return Buffer.from(JSON.stringify({ id, kind, data: { ndarray: [[id]] }, padding }));
}

/** The kind of a request, from its bytes alone. */
export function kindOf(value: Buffer | null): RequestKind {
  if (value === null) return 'absent';
  if (value.length === 0) return 'empty';
  try {
    return (JSON.parse(value.toString()) as { kind: RequestKind }).kind;
  } catch {
    return 'garbled';
  }
}

/** The model's answer to a request that it does not refuse: no other request has the same. */
export function answerTo(value: Buffer): Buffer {
  const digest = createHash('sha256').update(value).digest('hex');
  const padding = kindOf(value) === 'wide' ? 'y'.repeat(WIDE_BYTES) : '';
  return Buffer.from(JSON.stringify({ data: { names: ['sha256'], ndarray: [[digest]] }, strData: padding }));
}

/**
 * What the checker asks for each input.
 *
 * @param mayFail codes of error records that requests may end in which the model would answer
 * @param smallOutput the output topic takes no wide answers
 */
export function expectedOf(input: WitnessedRecord, mayFail: readonly string[], smallOutput: boolean): Expected {
  const failed = (code: string) => ({ result: undefined, errorCodes: [code, ...mayFail] });
  const answered = () => ({ result: answerTo(input.value ?? Buffer.alloc(0)), errorCodes: mayFail });
  switch (kindOf(input.value)) {
    case 'plain':
      return answered();
    case 'wide':
      return smallOutput ? failed('OUTPUT_REFUSED') : answered();
    case 'absent':
    case 'empty':
      return failed('EMPTY_RECORD');
    case 'refused':
    case 'garbled':
    case 'failing':
      return failed('MODEL_STATUS');
    case 'dropping':
      return failed('MODEL_INTERRUPTED');
  }
}
