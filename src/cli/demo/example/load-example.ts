import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError, problemsError } from '../../../base/errors.ts';
import type { Example } from '../../../dev/example/example.ts';
import { readExample } from '../../../dev/example/read-example.ts';
import { readDocument } from '../../read-document.ts';

const FILE = 'demo.yaml';
/** Folder that the examples come with, in a checkout as in the package. */
const HOME = fileURLToPath(new URL('../../../../', import.meta.url));

export interface LoadedExample {
  readonly example: Example;
  /** What the command is given for it. */
  readonly path: string;
}

/**
 * The example of a folder (its `demo.yaml`) or of a file. A folder that is not here is looked for beside Millrace's own examples.
 *
 * @throws MillraceError DEMO_NOT_FOUND, or DEMO_INVALID with every problem and its line
 */
export function loadExample(given: string): LoadedExample {
  const path = findFile(given);
  const { example, problems } = readExample(readDocument(path), path, {
    text: readDocument,
    exists: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  });
  if (example === undefined) throw problemsError(`${path} is no demo that can run:`, 'DEMO_INVALID', problems);
  // A folder's own demo.yaml need not be typed.
  return { example, path: basename(path) === FILE ? dirname(path) : path };
}

function findFile(given: string): string {
  const folder = [given, join(HOME, given)].find((path) => existsSync(path));
  if (folder === undefined) {
    throw new MillraceError(`there is no folder '${given}'`, {
      code: 'DEMO_NOT_FOUND',
      remedy: `give a folder with a ${FILE}, such as examples/graphs/router`,
      exitCode: 2,
    });
  }
  if (!statSync(folder).isDirectory()) return folder;
  const file = join(folder, FILE);
  if (existsSync(file)) return file;
  throw new MillraceError(`'${given}' has no ${FILE}`, {
    code: 'DEMO_NOT_FOUND',
    remedy: `give a folder with one, such as examples/graphs/router, or write one (docs/examples.md says how)`,
    exitCode: 2,
  });
}
