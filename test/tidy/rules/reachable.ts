import type { Source, Violation } from '../source-tree.ts';

/**
 * Files of src/ that no entry point reaches over the imports of src/ itself: what only a test imports is dead code. A worker's
 * entry file is reached by the path that starts it. And imports of files that do not exist.
 */
export function unreachable(sources: readonly Source[], entries: readonly string[]): Violation[] {
  const files = new Map(sources.map((source) => [source.path, source]));
  const violations: Violation[] = [];
  for (const { path, imports } of sources) {
    for (const { target, line, kind } of imports) {
      if (target !== undefined && kind !== 'mention' && /^src\/.*\.ts$/.test(target) && !files.has(target)) {
        violations.push({ path, line, message: `imports ${target}, which does not exist` });
      }
    }
  }
  for (const path of entries) {
    if (!files.has(path)) violations.push({ path, line: 1, message: 'is listed as an entry point but does not exist' });
  }
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target } of files.get(path)?.imports ?? []) if (target !== undefined) waiting.push(target);
  }
  for (const { path } of sources) {
    if (!path.startsWith('src/') || reached.has(path)) continue;
    const importers = sources.filter((other) => other.imports.some((entry) => entry.target === path));
    const who =
      importers.length === 0
        ? 'nobody imports it'
        : `only ${importers.map((other) => other.path).join(', ')} imports it`;
    violations.push({ path, line: 1, message: `no entry point reaches this file: ${who}` });
  }
  return violations;
}
