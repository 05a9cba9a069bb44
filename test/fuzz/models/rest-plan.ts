import { gzipSync } from 'node:zlib';
import { Seeded } from '../../simulation/seeded.ts';
import type { Combination } from '../combination.ts';
import { mutateBytes, randomBytes } from '../mutations/bytes.ts';
import { mutateMessage } from '../mutations/message.ts';
import { seedOf } from '../seed-of.ts';
import { goodAnswer, type Asked } from './answer-kinds.ts';

/** How the bytes of an HTTP answer leave. */
export type RestWay =
  | 'whole'
  | 'chunked'
  | 'in pieces'
  | 'after hints'
  | 'unasked continue'
  | 'cut short'
  | 'closed'
  | 'reset'
  | 'no HTTP'
  | 'twice'
  | 'bad chunk'
  | 'large head'
  | 'upgrade'
  | 'never';

export interface RestPlan {
  readonly status: number;
  /** Lines, as they stand. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly way: RestWay;
  readonly delayMs: number;
  /** Whether a client must take it as an answer, byte for byte. */
  readonly isGood: boolean;
}

const GOOD_WAYS: readonly RestWay[] = ['whole', 'whole', 'whole', 'chunked', 'in pieces', 'after hints'];
const BAD_WAYS: readonly RestWay[] = [
  // undici 8.12.4 refuses a 100 that it did not ask for.
  ...([
    'unasked continue',
    'cut short',
    'closed',
    'reset',
    'no HTTP',
    'twice',
    'bad chunk',
    'large head',
    'upgrade',
  ] as const),
];
const STATUSES = [
  201, 202, 204, 206, 301, 304, 400, 404, 408, 413, 425, 429, 431, 500, 501, 502, 503, 504, 505, 599, 999,
];
const TYPES = [
  'text/html; charset=utf-8',
  'TEXT/HTML',
  '',
  'application/json; charset=utf-16',
  'x',
  'é',
  'multipart/mixed; boundary=',
];
// None that is a wait of more than a second: it would be waited for, up to the deadline of the record.
const WAITS = ['0', '1', '-1', 'x', '1e9', '99999999999 s', 'Wed, 21 Oct 2015 07:28:00 GMT', '0.5'];

/** Larger than the limit of an answer that the run sets. */
export const GIANT_BYTES = 5 * 1024 * 1024;

/**
 * What the model does with that request: the same for the same request, so that a run can be repeated record by record.
 *
 * @param hostility share of the answers that are not good ones
 */
export function restPlan(
  combination: Combination,
  seed: number,
  asked: Asked,
  body: Buffer,
  hostility: number,
): RestPlan {
  const random = new Seeded(seedOf(seed, asked, body));
  const good = goodAnswer(combination, asked, body, random);
  const type = `Content-Type: ${random.pick(['application/json', 'application/json', 'application/json; charset=utf-8'])}`;
  const plan: RestPlan = {
    status: 200,
    headers: [type],
    body: good,
    way: random.pick(GOOD_WAYS),
    delayMs: 0,
    isGood: true,
  };
  if (random.chance(0.01)) return { ...plan, delayMs: random.between(1, 200) };
  if (!random.chance(hostility)) return plan;
  return { ...plan, ...badAnswer(good, combination, random), isGood: false };
}

function badAnswer(good: Buffer, combination: Combination, random: Seeded): Partial<RestPlan> {
  const kind = random.next();
  if (kind < 0.45) return { body: mutateMessage(good, combination, random) };
  if (kind < 0.6) return { ...(random.chance(0.3) && { way: 'whole' }), ...badStatus(good, random) };
  if (kind < 0.7) return { headers: [`Content-Type: ${random.pick(TYPES)}`] };
  if (kind < 0.78) return badlyEncoded(good, random);
  if (kind < 0.82) return { body: Buffer.alloc(0) };
  if (kind < 0.825) return { body: Buffer.concat([good, Buffer.alloc(GIANT_BYTES, ' ')]) };
  if (kind < 0.8265) return { way: 'never' };
  return { way: random.pick(BAD_WAYS) };
}

function badStatus(good: Buffer, random: Seeded): Partial<RestPlan> {
  const headers = ['Content-Type: application/json', 'Location: http://127.0.0.1:1/'];
  if (random.chance(0.3)) headers.push(`Retry-After: ${random.pick(WAITS)}`);
  const status = random.pick(STATUSES);
  // 204 and 304 have no body, whatever their length says.
  const isEmpty = status === 204 || status === 304 || random.chance(0.2);
  return { status, headers, body: isEmpty ? Buffer.alloc(0) : random.chance(0.5) ? good : randomBytes(300, random) };
}

function badlyEncoded(good: Buffer, random: Seeded): Partial<RestPlan> {
  const encoding = random.pick(['gzip', 'gzip', 'x-gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'é']);
  const zipped = gzipSync(random.chance(0.05) ? Buffer.alloc(GIANT_BYTES) : good);
  const body = random.chance(0.4) ? zipped : random.chance(0.5) ? mutateBytes(zipped, random) : good;
  return { headers: ['Content-Type: application/json', `Content-Encoding: ${encoding}`], body };
}
