import { gzipSync } from 'node:zlib';
import type { Seeded } from '../../simulation/seeded.ts';
import { COMBINATIONS, type Combination } from '../combination.ts';
import { JSON_REQUESTS } from '../corpus/json-messages.ts';
import { PROTOBUF_REQUESTS, type NamedMessage } from '../corpus/protobuf-messages.ts';
import { mutateBytes, randomBytes } from './bytes.ts';
import { mutateJson } from './json-text.ts';
import { mutateWire } from './wire-message.ts';

/** A request of the combination as its users send it; without a name where it is JSON. */
export function goodRequest({ protocol, transport }: Combination, random: Seeded): NamedMessage {
  if (transport === 'grpc') return random.pick(PROTOBUF_REQUESTS[protocol]);
  return { name: '', bytes: random.pick(JSON_REQUESTS[protocol]) };
}

/** The message with places of it changed: by what they mean, as bytes, or both; seldom something else altogether. */
export function mutateMessage(message: Buffer, combination: Combination, random: Seeded): Buffer {
  const kind = random.next();
  if (kind < 0.03) return randomBytes(random.between(1, 200), random);
  if (kind < 0.06) return goodRequest(random.pick(COMBINATIONS), random).bytes;
  const structural = combination.transport === 'grpc' ? mutateWire : mutateJson;
  if (kind < 0.65) return structural(message, random);
  if (kind < 0.85) return mutateBytes(message, random);
  return mutateBytes(structural(message, random), random);
}

// Made when first used: unfolded it is more than a reader of gzip bodies takes.
let bomb: Buffer | undefined;

/** A gzip body of the message, or one that only claims to be. */
export function gzipped(message: Buffer, random: Seeded): Buffer {
  if (random.chance(0.01)) return (bomb ??= gzipSync(Buffer.alloc(66 * 1024 * 1024, ' ')));
  const zipped = gzipSync(message);
  return random.chance(0.6) ? zipped : mutateBytes(zipped, random);
}
