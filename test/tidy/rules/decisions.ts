import { lineAt } from '../scan.ts';
import type { Tree, Violation } from '../source-tree.ts';

const FOLDER = 'docs/decisions/';

/** Every dependency is named in a decision; decisions are numbered once each and listed in their README, and the list is right. */
export function decisionViolations(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  const decisions = [...tree].filter(([path]) => path.startsWith(FOLDER) && path !== `${FOLDER}README.md`);
  const prose = decisions.map(([, text]) => text).join('\n');
  for (const path of ['package.json', 'tools/lint/package.json']) {
    const text = tree.get(path) ?? '{}';
    const manifest = JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, string>>>>;
    for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies']) {
      for (const name of Object.keys(manifest[kind] ?? {})) {
        // As code, or with its version.
        if (prose.includes(`\`${name}\``) || new RegExp(`(?<![\\w@/-])${name} \\d`).test(prose)) continue;
        const line = lineAt(text, Math.max(0, text.indexOf(`"${name}"`, text.indexOf(`"${kind}"`))));
        violations.push({ path, line, message: `'${name}' is in no decision: name it in one of ${FOLDER}` });
      }
    }
  }
  const index = tree.get(`${FOLDER}README.md`) ?? '';
  const numbers = new Map<string, string>();
  for (const [path] of decisions) {
    const name = path.slice(FOLDER.length);
    const number = /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1];
    if (number === undefined) violations.push({ path, line: 1, message: 'a decision is named NNNN-title.md' });
    else if (numbers.has(number))
      violations.push({ path, line: 1, message: `number ${number} is ${numbers.get(number)}'s` });
    else numbers.set(number, name);
    if (!index.includes(`(${name})`)) violations.push({ path, line: 1, message: `not listed in ${FOLDER}README.md` });
  }
  for (const match of index.matchAll(/\]\((\d{4}-[^)]*)\)/g)) {
    if (tree.has(`${FOLDER}${match[1]}`)) continue;
    violations.push({
      path: `${FOLDER}README.md`,
      line: lineAt(index, match.index),
      message: `${match[1]} does not exist`,
    });
  }
  return violations;
}
