import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../base/errors.ts';

const IS_TEST_FILE = /\.test\.ya?ml$/;
const MAX_DEPTH = 20;

/**
 * The test files that the user named: files as they are, and of folders every `*.test.yaml` below them, sorted.
 *
 * @throws MillraceError FILE_UNREADABLE, or TESTS_NOT_FOUND for a folder without any
 */
export function findTestFiles(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    if (!isFolder(path)) return [path];
    const files = [...testFilesIn(path, MAX_DEPTH)].sort();
    if (files.length > 0) return files;
    throw new MillraceError(`'${path}' holds no *.test.yaml`, {
      code: 'TESTS_NOT_FOUND',
      remedy: 'name a file of tests, or a folder with some in it',
    });
  });
  return [...new Set(found)];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    const remedy = "check the path; 'millrace test' alone looks in this folder";
    throw new MillraceError(`there is no '${path}'`, { code: 'FILE_UNREADABLE', remedy, cause });
  }
}

function* testFilesIn(folder: string, depth: number): Generator<string> {
  if (depth === 0) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') {
      yield* testFilesIn(path, depth - 1);
    } else if (entry.isFile() && IS_TEST_FILE.test(entry.name)) yield path;
  }
}
