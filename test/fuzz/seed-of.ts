import { createHash } from 'node:crypto';

/** A seed for what is named, made of the seed of the run: what belongs to one record does not depend on the others. */
export function seedOf(seed: number, ...parts: readonly (string | Buffer)[]): number {
  const hash = createHash('sha1').update(String(seed));
  for (const part of parts) hash.update(part);
  return hash.digest().readUInt32LE();
}
