/** Puts `text` in the place of what stands from `start` to `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after all edits, which must not overlap. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  let result = text;
  for (const { start, end, text: instead } of edits.toSorted((left, right) => right.start - left.start)) {
    result = result.slice(0, start) + instead + result.slice(end);
  }
  return result;
}
