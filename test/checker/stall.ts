import { placeOf, type WitnessedRecord } from './evidence.ts';

/**
 * The longest time, ms, in which no input got its first result or error record although one was waiting, from the very first of
 * them on. By the brokers' clock: a result of a transaction counts when it is written, which is before it can be read.
 */
export function longestStallMs(
  inputs: readonly WitnessedRecord[],
  outcomes: ReadonlyMap<string, readonly WitnessedRecord[]>,
): number {
  const events = inputs.map((input) => ({ atMs: input.timestampMs, change: 1 }));
  for (const input of inputs) {
    const times = (outcomes.get(placeOf(input)) ?? []).map((record) => record.timestampMs);
    if (times.length > 0) events.push({ atMs: Math.min(...times), change: -1 });
  }
  events.sort((a, b) => a.atMs - b.atMs || b.change - a.change);
  let waiting = 0;
  let since = Infinity;
  let longest = 0;
  for (const { atMs, change } of events) {
    if (change < 0) longest = Math.max(longest, atMs - since);
    if (change < 0 || (waiting === 0 && since < Infinity)) since = atMs;
    waiting += change;
  }
  return longest;
}
