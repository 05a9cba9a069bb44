// The rules of tidy.test.ts on small trees that keep and break them.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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
import { scan } from '../tidy/scan.ts';
import { readTree, sourcesIn, type Source, type Tree, type Violation } from '../tidy/source-tree.ts';

const treeOf = (files: Record<string, string>): Tree => new Map(Object.entries(files));
const src = (files: Record<string, string>): Source[] => sourcesIn(treeOf(files), 'src', 'test', 'tools');
const at = (violations: readonly Violation[]) => violations.map(({ path, line }) => `${path}:${line}`);

test("the tree: every text file; nothing of Git's, be it a folder or a file", (context) => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-tree-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const folder of ['src', 'sub', 'sub/.git']) mkdirSync(join(root, folder));
  for (const file of ['.git', 'src/a.ts', 'src/b.png', 'sub/.git/config']) writeFileSync(join(root, file), file);
  assert.deepEqual([...readTree(root)], [['src/a.ts', 'src/a.ts']]);
});

test('scan: tells code, strings, templates, regular expressions and comments apart', () => {
  const cases: readonly [text: string, bare: string, comments: string][] = [
    [`a('x // y') // z`, `a('      ')     `, `            // z`],
    ['`a ${b + `c ${d}` } e`; f', '`  ${b + `  ${d}` }  `; f', ' '.repeat(25)],
    ['`${ {a: 1} } {`; b', '`${ {a: 1} }  `; b', ' '.repeat(18)],
    [`x = /[/'"]\\//g; y`, `x = /        /g; y`.replace('        ', ' '.repeat(7)), ' '.repeat(17)],
    [`a / b / c // d`, `a / b / c     `, `          // d`],
    [`return /'/; "q"`, `return / /; " "`, ' '.repeat(15)],
    [`/* ' */ 'a\\'b' /* unclosed`, `        '    '            `, `/* ' */        /* unclosed`],
    [`a\n// b\nc`, `a\n    \nc`, ` \n// b\n `],
  ];
  for (const [text, bare, comments] of cases) {
    const scanned = scan(text);
    assert.deepEqual({ bare: scanned.bare, comments: scanned.comments }, { bare, comments }, text);
    assert.equal(scanned.code.length, text.length);
  }
});

test('imports: every form is found, with its line and kind; strings and comments are none', () => {
  const [source] = src({
    'src/kafka/a.ts': [
      `import b, { c } from './b.ts';`,
      `import {\n  type D,\n  type E,\n} from '../graph/d.ts';`,
      `import type F from "../base/f.ts";`,
      `import { type G, h } from './g.ts';`,
      `import * as i from './i.ts';`,
      `import './j.ts';`,
      `export interface X { y: string }`,
      `export { k } from './k.ts';`,
      `export * from './l.ts';`,
      `const m = await import('./m.ts');`,
      `type N = typeof import('./n.ts');`,
      `new Worker(new URL('./o.ts', import.meta.url));`,
      `import { p } from 'pino/file';`,
      `// import { no } from './no.ts';`,
      "const text = `import { no } from './no.ts'`;",
      `/* from './no.ts' */ const s = "import('./no.ts')";`,
    ].join('\n'),
  });
  assert.deepEqual(
    source?.imports.map(({ line, kind, target, specifier }) => `${line} ${kind} ${target ?? specifier}`),
    [
      '1 value src/kafka/b.ts',
      '5 type src/graph/d.ts',
      '6 type src/base/f.ts',
      '7 value src/kafka/g.ts',
      '8 value src/kafka/i.ts',
      '9 value src/kafka/j.ts',
      '11 value src/kafka/k.ts',
      '12 value src/kafka/l.ts',
      '13 value src/kafka/m.ts',
      '14 type src/kafka/n.ts',
      '15 mention src/kafka/o.ts',
      '16 value pino/file',
    ],
  );
});

test('floors: down and within a folder is fine; up, sideways, outside and unknown are not', () => {
  const sources = src({
    'src/stream/good.ts': `import './sub/own.ts';\nimport '../kafka/x.ts';\nimport '../base/x.ts';\nimport 'undici';`,
    'src/kafka/up.ts': `import '../base/x.ts';\nimport type { A } from '../stream/good.ts';`,
    'src/graph/sideways.ts': `export * from '../kafka/up.ts';`,
    'src/cli/outside.ts': `import '../../test/broker.ts';`,
    'src/cellar/unknown.ts': ``,
  });
  const violations = floorViolations(sources);
  assert.deepEqual(at(violations), [
    'src/cellar/unknown.ts:1',
    'src/cli/outside.ts:1',
    'src/graph/sideways.ts:1',
    'src/kafka/up.ts:2',
  ]);
  assert.match(violations[2]?.message ?? '', /src\/graph \(floor 3\) imports src\/kafka\/up\.ts.*shares its floor/);
  assert.match(violations[3]?.message ?? '', /src\/stream \(floor 5\) is a higher floor/);
});

test('size: the limit, the list of long files and its stale entries', () => {
  const lines = (count: number) => 'x\n'.repeat(count);
  const sources = src({
    'src/base/short.ts': lines(300),
    'src/base/long.ts': lines(301),
    'src/base/listed.ts': lines(500),
    'src/base/huge.ts': lines(501),
    'test/unit/table.test.ts': lines(500),
  });
  const reasons = new Map(['src/base/listed.ts', 'src/base/huge.ts', 'src/base/short.ts'].map((path) => [path, 'why']));
  assert.deepEqual(at(tooLong(sources, reasons)), [
    'src/base/huge.ts:501',
    'src/base/long.ts:301',
    'src/base/short.ts:1',
  ]);
});

test('reachable: over imports, dynamic imports and paths of workers, from the entries only', () => {
  const sources = src({
    'src/cli/main.ts': `await import('./run.ts');`,
    'src/cli/run.ts': `new URL('../models/worker.ts', import.meta.url); import type { T } from '../base/t.ts';`,
    'src/models/worker.ts': `import './session.ts'; import './gone.ts';`,
    'src/models/session.ts': '',
    'src/base/t.ts': '',
    'src/base/tested-only.ts': `import './dead.ts';`,
    'src/base/dead.ts': '',
    'test/unit/base/t.test.ts': `import '../../../src/base/tested-only.ts';`,
  });
  const violations = unreachable(sources, ['src/cli/main.ts', 'src/cli/absent.ts']);
  assert.deepEqual(at(violations), [
    'src/models/worker.ts:1',
    'src/cli/absent.ts:1',
    'src/base/dead.ts:1',
    'src/base/tested-only.ts:1',
  ]);
  assert.match(violations[3]?.message ?? '', /only test\/unit\/base\/t\.test\.ts imports it/);
});

test('cycles: those of values count, through any number of files; those of types do not', () => {
  const sources = src({
    'src/base/a.ts': `import './b.ts';`,
    'src/base/b.ts': `\nimport './c.ts';`,
    'src/base/c.ts': `import './d.ts';\nimport { a } from './a.ts';`,
    'src/base/d.ts': `import type { C } from './c.ts';\nimport { type B } from './b.ts';`,
    'src/base/self.ts': `import './self.ts';`,
  });
  const violations = importCycles(sources);
  assert.deepEqual(at(violations), ['src/base/c.ts:2', 'src/base/self.ts:1']);
  assert.match(
    violations[0]?.message ?? '',
    /src\/base\/a\.ts -> src\/base\/b\.ts -> src\/base\/c\.ts -> src\/base\/a\.ts$/,
  );
});

test('leftovers: notes, switched-off checks, focus, prints and any', () => {
  const bad = [
    '// TODO: later',
    '/* FIXME */',
    '// XXX',
    '// @ts-ignore',
    '// eslint-disable-next-line no-console',
    `test.only('x', () => {});`,
    `test('x', { only: true }, () => {});`,
    `console.log(1);`,
    'const a = b as any;',
    'function f(x: any) {}',
    'const c: any[] = [];',
    'const d: Array<any> = [];',
    'const e: Record<string, any> = {};',
    'debugger;',
  ];
  for (const line of bad) {
    assert.deepEqual(
      [...new Set(at(leftovers(src({ 'src/base/a.ts': `ok();\n${line}` }))))],
      ['src/base/a.ts:2'],
      line,
    );
  }
  const good = [
    `const text = 'TODO console.log( as any';`,
    '// any key: any value; the only (one)',
    'const many: Anything = as.anyOf(x.only);',
    'const XXX = `: any ${y as unknown}`;',
  ];
  for (const line of good) assert.deepEqual(leftovers(src({ 'src/base/a.ts': line })), [], line);
  assert.deepEqual(leftovers(src({ 'tools/a.ts': 'console.log(1);' })), []);
});

test('names: no drawers for odds and ends, kebab case everywhere', () => {
  const bad = [
    'src/kafka/utils.ts',
    'src/common/a.ts',
    'test/helpers/a.ts',
    'src/base/types.ts',
    'src/base/someName.ts',
  ];
  assert.deepEqual(
    at(badNames(bad)),
    bad.map((path) => `${path}:1`),
  );
  const good = [
    'src/kafka/library-types.ts',
    'test/unit/base/a.test.ts',
    'docs/utils.md',
    'src/base/v2.ts',
    'types.ts',
  ];
  assert.deepEqual(badNames(good), []);
});

test('folders: at most so many files in one, each named where the house is explained', () => {
  const files = (folder: string, count: number) =>
    Array.from({ length: count }, (_, index) => [`${folder}/f${index}.ts`, ''] as const);
  const tree = treeOf(
    Object.fromEntries([
      ...files('src/kafka', 14),
      ...files('src/kafka/group', 15),
      ...files('src/kafka/producer/inner', 1),
      ...files('test/unit', 20),
      ['docs/architecture.md', 'kafka/ has `group/`, and `my-producer/` is another'],
    ]),
  );
  assert.deepEqual(at(folderViolations(tree)), ['src/kafka/group:1', 'src/kafka/producer:1']);
});

test('places: paths of a machine and hosts of registries, in any file', () => {
  const slash = '/';
  const bad = [
    `see ${slash}home/ann/project`,
    `'${slash}root/x'`,
    `cp (${slash}Users/ann)`,
    `C:${'\\'}Users`,
    `https://registry${'.'}npmjs.org/x`,
    `https://repo1${'.'}maven.org/maven2`,
    `https://nexus${'.'}corp/repo`,
  ];
  for (const text of bad) assert.deepEqual(at(places(treeOf({ 'docs/a.md': `fine\n${text}` }))), ['docs/a.md:2'], text);
  const good = [
    '~/.cache/millrace',
    'src/home/x',
    'http://maven.apache.org/POM/4.0.0',
    'example.com/work/x',
    '/mnt/models',
  ];
  for (const text of good) assert.deepEqual(places(treeOf({ 'docs/a.md': text })), [], text);
});

test('packages: imports are declared where they are needed, versions exact, nothing unused', () => {
  const manifest = {
    dependencies: { undici: '8.1.0', '@a/b': '1.0.0', idle: '2.0.0', node: '24.0.0' },
    optionalDependencies: { native: '^1.0.0' },
    devDependencies: { tool: '1.0.0' },
  };
  const tree = treeOf({
    'package.json': JSON.stringify(manifest, undefined, 1),
    'src/base/a.ts': `import 'undici/x';\nimport '@a/b';\nimport 'node:fs';\nawait import('native');`,
    'src/base/b.ts': `import 'fs';\nimport 'tool';\nimport 'absent';`,
    'test/a.test.ts': `import 'tool';\nimport 'absent';`,
  });
  const violations = packageViolations(tree, sourcesIn(tree, 'src', 'test'), ['node']);
  assert.deepEqual(at(violations), [
    'src/base/b.ts:1',
    'src/base/b.ts:2',
    'src/base/b.ts:3',
    'test/a.test.ts:2',
    'package.json:9',
    'package.json:5',
  ]);
  assert.match(violations[4]?.message ?? '', /'\^1\.0\.0' is not an exact version/);
  assert.match(violations[5]?.message ?? '', /'idle' is a dependency that src\/ never imports/);
});

test('decisions: every dependency named, every decision numbered once and listed', () => {
  const tree = treeOf({
    'package.json': `{\n"dependencies": {\n"pino": "1",\n"yaml": "1"\n}\n}`,
    'tools/lint/package.json': `{\n"devDependencies": {\n"eslint": "1",\n"slint": "1"\n}\n}`,
    'docs/decisions/README.md': '[1](0001-logs.md)\n[2](0002-gone.md)\n[3](0001-more.md)',
    'docs/decisions/0001-logs.md': '`pino`, (eslint 10), and yaml without marks',
    'docs/decisions/0001-more.md': '',
    'docs/decisions/0003-hidden.md': '',
    'docs/decisions/notes.md': '',
  });
  assert.deepEqual(at(decisionViolations(tree)), [
    'package.json:4',
    'tools/lint/package.json:4',
    'docs/decisions/0001-more.md:1',
    'docs/decisions/0003-hidden.md:1',
    'docs/decisions/notes.md:1',
    'docs/decisions/notes.md:1',
    'docs/decisions/README.md:2',
  ]);
});

test('links: files, folders, pictures and headings are looked for; other hosts and code are not', () => {
  const tree = treeOf({
    'README.md': [
      '[a](docs/a.md), [b](docs/), [c](https://example.org/x), [d](#the-house-of-two)',
      '[gone](docs/gone.md) [a](docs/a.md#a-heading-1)',
      '`[code](nowhere.md)` [no heading](docs/a.md#no)',
      '```md',
      '[listing](nowhere.md)',
      '```',
      '<img src="lost.png" />',
      '## The `house` of (two)',
    ].join('\n'),
    'docs/a.md': '# A\n## A heading\n## A heading\n[up](../README.md)\n[out](../../README.md)\n\n[ref]: ../none.md',
  });
  const known = new Set(['README.md', 'docs', 'docs/a.md']);
  const found = deadLinks(tree, (path) => known.has(path));
  assert.deepEqual(at(found), ['README.md:2', 'README.md:3', 'README.md:7', 'docs/a.md:5', 'docs/a.md:7']);
});
