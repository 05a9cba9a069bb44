import type { Tree, Violation } from '../source-tree.ts';

/** A folder of src/ with more files than this holds more than one idea. */
const MAX_FILES = 14;
/** Where people look for what a folder holds. */
const PAGE = 'docs/architecture.md';

/** Folders of src/ that hold too many files, and folders of its floors that the page about the house does not name. */
export function folderViolations(tree: Tree): Violation[] {
  const page = tree.get(PAGE) ?? '';
  const counts = new Map<string, number>();
  for (const path of tree.keys()) {
    const folder = /^(src\/.+)\/[^/]+\.ts$/.exec(path)?.[1];
    if (folder !== undefined) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const violations: Violation[] = [];
  for (const [path, count] of counts) {
    if (count > MAX_FILES)
      violations.push({ path, line: 1, message: `${count} files; over ${MAX_FILES} it is split into folders by idea` });
  }
  for (const path of new Set([...counts.keys()].map((folder) => folder.split('/').slice(0, 3).join('/')))) {
    const [, , name] = path.split('/');
    if (name !== undefined && !new RegExp(`(?<![\\w-])${name}/`).test(page))
      violations.push({ path, line: 1, message: `${PAGE} does not say what ${name}/ holds` });
  }
  return violations;
}
