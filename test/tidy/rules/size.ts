import type { Source, Violation } from '../source-tree.ts';

/** A file this long has more than one idea. */
const MAX_LINES = 500;
/** A file of src/ longer than this needs a reason. */
const LONG_LINES = 300;

/** Files over the limits, and reasons for files that need none (any more). `reasons`: path to why the file may be long. */
export function tooLong(sources: readonly Source[], reasons: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const long = new Set<string>();
  for (const { path, text } of sources) {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    if (lines <= LONG_LINES) continue;
    long.add(path);
    if (lines > MAX_LINES) {
      violations.push({
        path,
        line: MAX_LINES + 1,
        message: `${lines} lines; the limit is ${MAX_LINES}: split it by idea`,
      });
    } else if (path.startsWith('src/') && !reasons.has(path)) {
      const message = `${lines} lines; over ${LONG_LINES} it must be split by idea or listed with a reason`;
      violations.push({ path, line: LONG_LINES + 1, message });
    }
  }
  for (const path of reasons.keys()) {
    if (!long.has(path))
      violations.push({ path, line: 1, message: `is listed as long but has at most ${LONG_LINES} lines or is gone` });
  }
  return violations;
}
