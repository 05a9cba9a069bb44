import { posix } from 'node:path';
import { lineAt, type Scanned } from './scan.ts';

/** One import of a file. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file it means, from the project's root; undefined for packages and for Node's own modules. */
  readonly target: string | undefined;
  /**
   * - `value`: `import x`, `import 'x'`, `export * from`, `import()`;
   * - `type`: gone when the program runs;
   * - `mention`: a relative path in a string, as `new URL('./worker.ts', import.meta.url)`.
   */
  readonly kind: 'value' | 'type' | 'mention';
  /** 1-based. */
  readonly line: number;
}

const FROM =
  /\b(?:import|export)\s+(type\s+)?((?:[\w$]+\s*,?\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})?)\s*from\s*(['"])([^'"\n]+)\3/g;
const BARE = /\bimport\s*(['"])([^'"\n]+)\1/g;
const DYNAMIC = /(typeof\s+)?\bimport\s*\(\s*(['"])([^'"\n]+)\2/g;
const MENTION = /(['"])(\.{1,2}\/[^'"\n]+\.ts)\1/g;

/** The imports of a file. What looks like an import inside a string or a comment is none. */
export function importsOf(path: string, { code, bare }: Scanned): Import[] {
  const found = new Map<number, Import>();
  const search = (pattern: RegExp, kindOf: (match: RegExpExecArray) => Import['kind'], group: number) => {
    for (const match of code.matchAll(pattern)) {
      const specifier = match[group] ?? '';
      const at = match.index + match[0].lastIndexOf(specifier);
      if (bare[match.index] !== code[match.index] || found.has(at)) continue;
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
      found.set(at, { specifier, target, kind: kindOf(match), line: lineAt(code, at) });
    }
  };
  search(FROM, (match) => (match[1] || onlyTypes(match[2] ?? '') ? 'type' : 'value'), 4);
  search(BARE, () => 'value', 2);
  search(DYNAMIC, (match) => (match[1] ? 'type' : 'value'), 3);
  search(MENTION, () => 'mention', 2);
  return [...found.values()].sort((a, b) => a.line - b.line);
}

/** `{ type A, type B }`: TypeScript keeps the import statement, but nothing of the file is used when the program runs. */
function onlyTypes(names: string): boolean {
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names);
  const parts = braces?.[1]?.split(',').filter((part) => part.trim() !== '') ?? [];
  return parts.length > 0 && parts.every((part) => /^\s*type\s/.test(part));
}
