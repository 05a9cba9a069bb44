import { gzipSync } from 'node:zlib';
import { Seeded } from '../../simulation/seeded.ts';
import type { Combination } from '../combination.ts';
import { mutateBytes, randomBytes } from '../mutations/bytes.ts';
import { mutateMessage } from '../mutations/message.ts';
import { seedOf } from '../seed-of.ts';
import { goodAnswer, type Asked } from './answer-kinds.ts';
import { GIANT_BYTES } from './rest-plan.ts';

export type GrpcWay = 'whole' | 'in pieces' | 'without trailers' | 'reset' | 'session lost' | 'never';

export interface GrpcPlan {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent: the message with its prefix, or anything else. */
  readonly bytes: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
  readonly way: GrpcWay;
  readonly delayMs: number;
  /** The answer that a client must take, byte for byte; undefined where it must not take any, or may take another. */
  readonly good: Buffer | undefined;
}

const TYPES = [
  'application/grpc+proto',
  'application/grpc-web',
  'application/json',
  'text/html',
  '',
  'APPLICATION/GRPC',
  'x',
];
const MESSAGES = ['', 'plain', '%E2%82%AC', '%', '%zz', '%00', 'x'.repeat(5_000), '%F0%9F%92'];
const CODES = [...Array.from({ length: 17 }, (_, code) => String(code)), '17', '99', '-1', 'x', '0x0', '00', '1e1'];

/** What the model does with that request: the same for the same request. */
export function grpcPlan(
  combination: Combination,
  seed: number,
  asked: Asked,
  body: Buffer,
  hostility: number,
): GrpcPlan {
  const random = new Seeded(seedOf(seed, asked, body));
  const good = goodAnswer(combination, asked, body, random);
  const plan: GrpcPlan = {
    httpStatus: 200,
    headers: { 'content-type': 'application/grpc' },
    bytes: framed(good),
    trailers: { 'grpc-status': '0' },
    way: random.chance(0.9) ? 'whole' : 'in pieces',
    delayMs: 0,
    good,
  };
  if (random.chance(0.01)) return { ...plan, delayMs: random.between(1, 200) };
  if (!random.chance(hostility)) return plan;
  return { ...plan, ...badAnswer(good, combination, random), good: undefined };
}

function badAnswer(good: Buffer, combination: Combination, random: Seeded): Partial<GrpcPlan> {
  const kind = random.next();
  if (kind < 0.45) return { bytes: framed(mutateMessage(good, combination, random)) };
  if (kind < 0.6) return badStatus(random);
  if (kind < 0.65) return { headers: { 'content-type': random.pick(TYPES) } };
  if (kind < 0.7)
    return {
      httpStatus: random.pick([204, 301, 400, 404, 413, 429, 500, 502, 503]),
      ...(random.chance(0.5) && { trailers: {} }),
    };
  if (kind < 0.78) return compressed(good, random);
  if (kind < 0.88) return { bytes: badFrame(good, random) };
  if (kind < 0.885) return { bytes: framed(Buffer.alloc(GIANT_BYTES)) };
  if (kind < 0.8865) return { way: 'never' };
  if (kind < 0.8885) return { way: 'session lost' };
  return { way: random.pick(['without trailers', 'reset'] as const) };
}

function badStatus(random: Seeded): Partial<GrpcPlan> {
  const trailers: Record<string, string> = { 'grpc-status': random.pick(CODES), 'grpc-message': random.pick(MESSAGES) };
  if (random.chance(0.2)) trailers['grpc-retry-pushback-ms'] = random.pick(['0', '5', '-1', 'x', '1e9']);
  // Without a message, as most servers do; or with one all the same.
  return { trailers, ...(random.chance(0.7) && { bytes: Buffer.alloc(0) }) };
}

function compressed(good: Buffer, random: Seeded): Partial<GrpcPlan> {
  const encoding = random.pick(['gzip', 'gzip', 'deflate', 'identity', 'br', '']);
  const zipped = gzipSync(random.chance(0.05) ? Buffer.alloc(GIANT_BYTES) : good);
  const body = random.chance(0.5) ? zipped : mutateBytes(zipped, random);
  const headers = { 'content-type': 'application/grpc', ...(encoding !== '' && { 'grpc-encoding': encoding }) };
  return { headers, bytes: framed(body, 1) };
}

function badFrame(good: Buffer, random: Seeded): Buffer {
  const whole = framed(good);
  switch (random.between(0, 5)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return whole.subarray(0, random.between(1, whole.length));
    case 2:
      return Buffer.concat([whole, whole]);
    case 3:
      return framed(good, random.between(2, 255));
    case 4:
      return Buffer.concat([Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), good]);
    default:
      return randomBytes(random.between(1, 40), random);
  }
}

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
