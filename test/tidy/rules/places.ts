import type { Tree, Violation } from '../source-tree.ts';

const PLACES: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![\w.$}*/-])\/(?:home|Users|root|work|workspace)\/[\w.-]+/, what: "a path of someone's machine" },
  { pattern: /\b[A-Z]:\\{1,2}Users\b/, what: "a path of someone's machine" },
  {
    pattern:
      /\b(?:registry\.npmjs|registry\.yarnpkg|repo\d?\.maven|repo\.maven|pypi|files\.pythonhosted|proxy\.golang)\.(?:org|com|apache\.org)\b/,
    what: 'a package registry; leave that to the settings of npm and Maven',
  },
  { pattern: /\b(?:artifactory|nexus|jfrog|verdaccio)\b[\w.-]*[:/.]\w/i, what: 'a package registry' },
];

/** Lines that hold only on one machine or one network: paths of a person's folders, hosts of registries. */
export function places(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  for (const [path, text] of tree) {
    for (const [index, content] of text.split('\n').entries()) {
      for (const { pattern, what } of PLACES) {
        const found = pattern.exec(content);
        if (found) violations.push({ path, line: index + 1, message: `'${found[0]}' is ${what}` });
      }
    }
  }
  return violations;
}
