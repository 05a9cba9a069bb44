import type { Source, Violation } from '../source-tree.ts';

/** Files that import each other in a circle when the program runs. Each circle is told once, where it closes. */
export function importCycles(sources: readonly Source[]): Violation[] {
  const files = new Map(sources.map((source) => [source.path, source]));
  const violations: Violation[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  const visit = (path: string): void => {
    trail.push(path);
    for (const { target, kind, line } of files.get(path)?.imports ?? []) {
      if (kind !== 'value' || target === undefined || finished.has(target)) continue;
      const start = trail.indexOf(target);
      if (start >= 0) {
        violations.push({ path, line, message: `circular import: ${[...trail.slice(start), target].join(' -> ')}` });
      } else visit(target);
    }
    trail.pop();
    finished.add(path);
  };

  for (const path of files.keys()) if (!finished.has(path)) visit(path);
  return violations;
}
