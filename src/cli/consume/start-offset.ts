import { wrongOption } from '../wrong-option.ts';

/** Where reading begins in a partition: an end of the log, an offset, or so many records before the end. */
export type StartOffset =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'last'; readonly records: number };

/**
 * Reads the value of `--from`.
 *
 * @throws MillraceError OPTIONS_INVALID
 */
export function parseStartOffset(text: string): StartOffset {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (Object.is(number, -0) || Number.isNaN(number)) {
    const remedy = 'write earliest, latest, an offset such as 1200, or -10 for the last ten records';
    throw wrongOption(`--from '${text}' is no place in a partition`, remedy);
  }
  return number < 0 ? { kind: 'last', records: -number } : { kind: 'offset', offset: number };
}

/** The offset to begin at in a partition whose log goes from `first` up to, and without, `end`. */
export function startIn(start: StartOffset, first: number, end: number): number {
  switch (start.kind) {
    case 'earliest':
      return first;
    case 'latest':
      return end;
    case 'offset':
      return Math.min(Math.max(start.offset, first), end);
    case 'last':
      return Math.max(first, end - start.records);
  }
}
