/** Offsets `from` (included) to `to` (not included). */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

// Version 1. Another one, or another consumer's words, are nothing that we can read.
const MARK = 'millrace/1';
const RADIX = 36;
const NUMBER = '[0-9a-z]{1,11}';
const FORM = new RegExp(`^${MARK} (${NUMBER}) (${NUMBER}(?:,${NUMBER})*)(?: |$)`);
const NOTHING: readonly OffsetRange[] = [];

/**
 * What is finished above a committed offset, as text to be kept with it: the offset itself, then alternately how many offsets
 * are not finished and how many are, in base 36. `millrace/1 a 1,3,2,1`: of the offsets from 10 on, 10 is open, 11 to 13 are
 * finished, 14 and 15 are open, 16 is finished, all above are open. Offsets without a record count as either. After a space other
 * words may follow.
 *
 * @param ranges in rising order, none below `offset`, none touching the next
 * @returns empty for no ranges
 */
export function encodeFinishedAhead(offset: number, ranges: readonly OffsetRange[]): string {
  if (ranges.length === 0) return '';
  const lengths: string[] = [];
  let at = offset;
  for (const { from, to } of ranges) {
    lengths.push((from - at).toString(RADIX), (to - from).toString(RADIX));
    at = to;
  }
  return `${MARK} ${offset.toString(RADIX)} ${lengths.join(',')}`;
}

/**
 * The ranges that were kept with a committed offset. Total: what is damaged, foreign or was meant for another offset says nothing,
 * and then records are only repeated.
 */
export function decodeFinishedAhead(offset: number, metadata: string): readonly OffsetRange[] {
  const [, base, list] = FORM.exec(metadata) ?? [];
  if (base === undefined || list === undefined || Number.parseInt(base, RADIX) !== offset) return NOTHING;
  const lengths = list.split(',').map((text) => Number.parseInt(text, RADIX));
  if (lengths.length % 2 !== 0) return NOTHING;
  const ranges: OffsetRange[] = [];
  let at = offset;
  for (let index = 0; index < lengths.length; index += 2) {
    const [open, finished] = [lengths[index] ?? 0, lengths[index + 1] ?? 0];
    // Only before the first may nothing be open: what touches is one range.
    if (finished === 0 || (open === 0 && index > 0)) return NOTHING;
    const from = at + open;
    at = from + finished;
    ranges.push({ from, to: at });
  }
  return Number.isSafeInteger(at) ? ranges : NOTHING;
}
