import { crc32 } from 'node:zlib';
import type { Script } from './script.ts';

/**
 * The branch that a router answers with.
 *
 * @param message `hash` chooses by its bytes: the same message always goes the same way
 * @param random in [0, 1), for `random`
 */
export function chooseBranch(
  { branch, branches }: Extract<Script, { readonly kind: 'route' }>,
  message: Uint8Array,
  random: number,
): number {
  if (branch === 'random') return Math.floor(random * branches);
  return branch === 'hash' ? crc32(message) % branches : branch;
}
