import { isBuiltin } from 'node:module';
import { lineAt } from '../scan.ts';
import type { Source, Tree, Violation } from '../source-tree.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * Imports and package.json agree: src/ imports only what an installed package has, tests and scripts also what a checkout has;
 * versions are exact; no dependency is there for nothing. `runtimes`: dependencies that are used without an import.
 */
export function packageViolations(tree: Tree, sources: readonly Source[], runtimes: readonly string[]): Violation[] {
  const path = 'package.json';
  const text = tree.get(path) ?? '{}';
  const manifest = JSON.parse(text) as Manifest;
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const all = { ...shipped, ...manifest.devDependencies };
  const lineOf = (name: string) => lineAt(text, Math.max(0, text.indexOf(`"${name}"`, text.indexOf('ependencies"'))));
  const violations: Violation[] = [];
  const used = new Set(runtimes);
  for (const source of sources) {
    const inSrc = source.path.startsWith('src/');
    for (const { specifier, target, line } of source.imports) {
      if (target !== undefined) continue;
      if (isBuiltin(specifier)) {
        if (!specifier.startsWith('node:'))
          violations.push({ path: source.path, line, message: `write 'node:${specifier}'` });
        continue;
      }
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      if (inSrc) used.add(name);
      if (!(name in (inSrc ? shipped : all))) {
        const where = inSrc && name in all ? 'only a devDependency' : 'not in package.json';
        violations.push({ path: source.path, line, message: `imports '${name}', which is ${where}` });
      }
    }
  }
  for (const [name, version] of Object.entries(all)) {
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
      violations.push({ path, line: lineOf(name), message: `'${name}': '${version}' is not an exact version` });
    }
  }
  for (const name of Object.keys(shipped)) {
    if (!used.has(name))
      violations.push({ path, line: lineOf(name), message: `'${name}' is a dependency that src/ never imports` });
  }
  return violations;
}
