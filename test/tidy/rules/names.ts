import type { Violation } from '../source-tree.ts';

const NO_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'types', 'misc', 'shared', 'lib']);
const KEBAB_FILE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|d))?\.ts$/;

/** TypeScript files and folders whose name says nothing, or is not in kebab case. */
export function badNames(paths: Iterable<string>): Violation[] {
  const violations: Violation[] = [];
  for (const path of paths) {
    if (!path.endsWith('.ts') || !/^(?:src|test|bench|tools)\//.test(path)) continue;
    const parts = path.split('/');
    const file = parts.at(-1) ?? '';
    const empty = [...parts.slice(1, -1), file.split('.')[0] ?? ''].find((part) => NO_NAMES.has(part));
    if (empty !== undefined) violations.push({ path, line: 1, message: `'${empty}' names no idea: say what is in it` });
    if (!KEBAB_FILE.test(file)) violations.push({ path, line: 1, message: `'${file}' is not kebab case` });
  }
  return violations;
}
