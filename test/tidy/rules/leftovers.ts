import { lineAt } from '../scan.ts';
import type { Source, Violation } from '../source-tree.ts';

interface Leftover {
  /** Where it counts: in code outside strings, or in comments. */
  readonly view: 'bare' | 'comments';
  readonly pattern: RegExp;
  readonly message: string;
}

const LEFTOVERS: readonly Leftover[] = [
  { view: 'comments', pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g, message: 'do it or write it down elsewhere' },
  { view: 'comments', pattern: /@ts-(?:ignore|nocheck|expect-error)/g, message: 'mend the type' },
  { view: 'comments', pattern: /\b(?:eslint|oxlint|biome)-(?:disable|ignore)\S*/g, message: 'mend the line' },
  {
    view: 'bare',
    pattern: /\b(?:test|it|describe|suite)\.only\b|\bonly: true\b/g,
    message: 'the other tests would not run',
  },
  { view: 'bare', pattern: /\bconsole\.\w+/g, message: 'print through src/cli/print.ts, or publish on a channel' },
  { view: 'bare', pattern: /\bas any\b|: any\b|<any\b|\bany\[\]|\bany>/g, message: 'name the type, or use unknown' },
  { view: 'bare', pattern: /\bdebugger\b/g, message: 'left from a hunt' },
];

/** What was meant to go before the commit: notes to oneself, switched-off checks, focused tests, stray output. */
export function leftovers(sources: readonly Source[]): Violation[] {
  const violations: Violation[] = [];
  for (const source of sources) {
    // Scripts of the project print for the person at the terminal.
    const script = /^(?:tools|bench)\//.test(source.path);
    for (const { view, pattern, message } of LEFTOVERS) {
      for (const match of source[view].matchAll(pattern)) {
        if (script && match[0].startsWith('console.')) continue;
        const line = lineAt(source.text, match.index);
        violations.push({ path: source.path, line, message: `'${match[0]}': ${message}` });
      }
    }
  }
  return violations;
}
