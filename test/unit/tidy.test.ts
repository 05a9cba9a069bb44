// The rules of the house, kept by a test: CONTRIBUTING.md says what they are for.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importCycles } from '../tidy/rules/cycles.ts';
import { decisionViolations } from '../tidy/rules/decisions.ts';
import { floorViolations } from '../tidy/rules/floors.ts';
import { folderViolations } from '../tidy/rules/folders.ts';
import { leftovers } from '../tidy/rules/leftovers.ts';
import { deadLinks } from '../tidy/rules/links.ts';
import { badNames } from '../tidy/rules/names.ts';
import { packageViolations } from '../tidy/rules/packages.ts';
import { places } from '../tidy/rules/places.ts';
import { unreachable } from '../tidy/rules/reachable.ts';
import { tooLong } from '../tidy/rules/size.ts';
import { isGenerated, readTree, sourcesIn, type Violation } from '../tidy/source-tree.ts';

/** Where the program and its threads start. */
const ENTRIES = ['src/cli/main.ts', 'src/dev/model-server/pool/worker.ts'];
/** Used without an import: bin/millrace runs on it. */
const RUNTIMES = ['node'];
/** Files over 300 lines, each with the reason why it is one idea all the same. */
const LONG_FILES = new Map<string, string>();

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const tree = readTree(ROOT);
const sources = sourcesIn(tree, 'src', 'test', 'bench', 'tools');
const src = sources.filter(({ path }) => path.startsWith('src/'));
const written = sources.filter(({ path }) => !isGenerated(path));

function none(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  assert.fail(
    violations
      .map(
        ({ path, line, message }) => `
  ${path}:${line}: ${message}`,
      )
      .join(''),
  );
}

test('a file imports only from lower floors', () => none(floorViolations(src)));
test('no file is too long', () => none(tooLong(written, LONG_FILES)));
test('no folder is too full, and every folder is explained', () => none(folderViolations(tree)));
test('every file of src is part of the program', () => none(unreachable(sources, ENTRIES)));
test('no imports in a circle', () => none(importCycles(sources)));
test('nothing is left that was meant to go', () => none(leftovers(written)));
test('every name says what is inside', () => none(badNames(written.map(({ path }) => path))));
test('no file holds only on one machine', () => none(places(tree)));
test('every link in the pages leads somewhere', () => none(deadLinks(tree, (path) => existsSync(join(ROOT, path)))));
test('package.json and the imports agree', () => none(packageViolations(tree, sources, RUNTIMES)));
test('every dependency has its decision', () => none(decisionViolations(tree)));
