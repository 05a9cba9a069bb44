import { Seeded } from '../../simulation/seeded.ts';
import { nameOf, type Combination } from '../combination.ts';
import { seedOf } from '../seed-of.ts';
import { mutateBytes, randomBytes } from './bytes.ts';
import { mutateHeaders, type HeaderList } from './header-list.ts';
import { goodRequest, gzipped, mutateMessage } from './message.ts';

/** A record for the input topic. */
export interface FuzzRecord {
  /** Its number in the run: with the seed it says what the record is. */
  readonly index: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: HeaderList;
  /** Whether its value is a good request, as it stands in the corpus, and of the kind that its headers say. */
  readonly isGood: boolean;
}

const KILOBYTE = 1024;

/** Record number `index` of a run: the same for the same seed, whatever else the run has. */
export function fuzzRecord(combination: Combination, seed: number, index: number): FuzzRecord {
  const random = new Seeded(seedOf(seed, `${nameOf(combination)}/${index}`));
  const request = goodRequest(combination, random);
  const isGood = random.chance(0.15);
  const isNamed = combination.transport === 'grpc';
  const headers = mutateHeaders(combination, isNamed ? request.name : undefined, random);
  const record = { index, key: anyKey(random), headers };
  if (isGood) return { ...record, value: request.bytes, isGood: !isNamed || saysName(headers, request.name) };
  if (!isNamed && random.chance(0.04)) {
    const encoding = [
      Buffer.from('Content-Encoding'),
      Buffer.from(random.pick(['gzip', 'x-gzip', 'GZIP', 'br', 'gzip, gzip'])),
    ] as const;
    return { ...record, value: gzipped(request.bytes, random), headers: [encoding, ...headers], isGood: false };
  }
  return { ...record, value: anyValue(request.bytes, combination, random), isGood: false };
}

function anyKey(random: Seeded): Buffer | null {
  const kind = random.next();
  if (kind < 0.1) return null;
  if (kind < 0.12) return Buffer.alloc(0);
  if (kind < 0.15) return randomBytes(random.between(1, 40), random);
  if (kind < 0.151) return Buffer.alloc(64 * KILOBYTE, 'k');
  // Some keys are hot: results of theirs wait for each other.
  return Buffer.from(`key-${random.chance(0.3) ? random.between(0, 5) : random.between(0, 100_000)}`);
}

function anyValue(request: Buffer, combination: Combination, random: Seeded): Buffer | null {
  const kind = random.next();
  if (kind < 0.01) return null;
  if (kind < 0.02) return Buffer.alloc(0);
  const mutated = mutateMessage(request, combination, random);
  if (kind < 0.9985) return mutated;
  return padded(mutated, combination, random);
}

// Around the limits of topics, of batches and of single writes.
function padded(message: Buffer, { transport }: Combination, random: Seeded): Buffer {
  const length = random.pick([64, 256, 900, 1_000, 1_030, 2_100, 3_900]) * KILOBYTE + random.between(0, KILOBYTE);
  if (transport === 'rest') return Buffer.concat([message, Buffer.alloc(length, random.chance(0.9) ? ' ' : '[')]);
  const kind = random.next();
  if (kind < 0.3) return mutateBytes(Buffer.concat([message, Buffer.alloc(length)]), random);
  const field = Buffer.from([0xfa, 0x07, 0, 0, 0, 0]);
  // Field 127, its length in four bytes.
  for (let at = 2, rest = length; at < 6; at++, rest >>>= 7) field[at] = (rest & 0x7f) | (at < 5 ? 0x80 : 0);
  return Buffer.concat([message, field, Buffer.alloc(length)]);
}

/** Whether the first header of that name, which is the one that counts, has that value. */
function saysName(headers: HeaderList, messageName: string): boolean {
  const first = headers.find(([name]) => name.toString('latin1').toLowerCase() === 'proto-name');
  return first?.[1]?.toString('latin1') === messageName;
}
