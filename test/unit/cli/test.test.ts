import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const directory = mkdtempSync(join(tmpdir(), 'millrace-test-command-'));
after(() => rmSync(directory, { recursive: true }));

function millraceTest(args: readonly string[], cwd = directory) {
  const argv = [join(root, 'src/cli/main.ts'), 'test', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd, timeout: 240_000 });
  return { status, stdout, stderr };
}

const deployment = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: d }
spec:
  predictors:
  - name: p
    graph: { name: m, type: MODEL }
`;

const tests = `tests:
- name: right
  request: 1
  nodes: { m: { answer: { a: [0.1, 0.2] } } }
  expect: { output: { a: [0.1, 0.2] } }
- name: wrong
  request: 1
  nodes: { m: { answer: { a: [0.1, 0.2], b: "\\e[31mred & <b>" } } }
  expect: { output: { a: [0.1, 0.3] } }
`;

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(directory, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

suite('millrace test', () => {
  test('every example', () => {
    const { status, stdout, stderr } = millraceTest(['examples'], root);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^examples\/cifar10\/deployment\.test\.yaml\n {2}✓ the scores of the model are the prediction {2}\d+ ms\n/,
    );
    for (const name of [
      'ab-test',
      'average',
      'chain',
      'chain-seldon',
      'chain-tensorflow',
      'combiner',
      'mix',
      'router',
      'router-grpc',
    ]) {
      assert.match(stdout, new RegExp(`^examples/graphs/${name}/deployment\\.test\\.yaml$`, 'm'));
    }
    assert.match(stdout, /\n\d+ passed, 0 failed in \d+\.\d\d s\n$/);
    assert.equal(status, 0);
  });

  test('shows what failed, line by line', () => {
    const path = folder('fails', { 'x.yaml': deployment, 'x.test.yaml': tests });
    const { status, stdout, stderr } = millraceTest([join(path, 'x.test.yaml')]);
    assert.deepEqual([status, stderr], [1, '']);
    const shown = stdout.replace(/\d+ ms/g, 'N ms').replace(/in .* s/, 'in N s');
    assert.deepEqual(shown.split('\n').slice(1), [
      '  ✓ right  N ms',
      '  ✗ wrong  N ms',
      '      line 6',
      '      output',
      '        a[1]',
      '        - expected 0.3',
      '        + got      0.2',
      '        b',
      '        - expected (nothing)',
      '        + got      "\\u001b[31mred & <b>"',
      '1 passed, 1 failed in N s',
      '',
    ]);
  });

  test('runs the tests whose names have the text, and says when none has', () => {
    const path = folder('filter', { 'x.yaml': deployment, 'x.test.yaml': tests });
    const { status, stdout } = millraceTest([path, '--filter', 'RIGHT']);
    assert.equal(status, 0);
    assert.match(stdout, /1 passed, 0 failed, 1 left out/);
    const none = millraceTest([path, '--filter', 'nothing']);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no test's name contains 'nothing'\n {2}give another part/);
  });

  test('looks in this folder, and through folders', () => {
    const path = folder('tree', { 'a.yaml': deployment, 'a.test.yaml': tests });
    folder('tree/sub', { 'b.yaml': deployment, 'b.test.yml': 'deployment: b.yaml\n' + tests });
    folder('tree/node_modules', { 'c.test.yaml': tests });
    const { stdout } = millraceTest(['--filter', 'right'], path);
    assert.match(stdout, /^a\.test\.yaml\n.*\nsub\/b\.test\.yml\n.*\n2 passed, 0 failed, 2 left out/);
    assert.doesNotMatch(stdout, /node_modules/);
  });

  test('updates what is expected, and keeps the rest of the file', () => {
    const path = folder('update', { 'x.yaml': deployment, 'x.test.yaml': `# ours\n${tests}` });
    const { status, stdout } = millraceTest([path, '--update']);
    assert.equal(status, 0);
    assert.match(stdout, /2 passed, 0 failed, 1 updated/);
    const lines = readFileSync(join(path, 'x.test.yaml'), 'utf8').split('\n');
    assert.deepEqual(lines.slice(0, 9), `# ours\n${tests}`.split('\n').slice(0, 9));
    assert.match(lines[9] ?? '', /^ {2}expect: \{ output: \{ a: \[0\.1, 0\.2\], b: .*\} \}$/);
    assert.match(millraceTest([path]).stdout, /2 passed, 0 failed in/);
  });

  test('prints JSON and JUnit for programs', () => {
    const path = folder('formats', { 'x.yaml': deployment, 'x.test.yaml': tests, 'y.test.yaml': 'tests: 1\n' });
    const json = millraceTest([path, '--format', 'json']);
    assert.equal(json.status, 1);
    const { passed, files } = JSON.parse(json.stdout) as {
      passed: boolean;
      files: { tests: { name: string; passed: boolean; mismatches: unknown[] }[]; problems: { line: number }[] }[];
    };
    assert.equal(passed, false);
    assert.deepEqual(
      files[0]?.tests.map((one) => [one.name, one.passed, one.mismatches.length]),
      [
        ['right', true, 0],
        ['wrong', false, 1],
      ],
    );
    assert.equal(files[1]?.problems[0]?.line, 1);
    const junit = millraceTest([path, '--format', 'junit']);
    assert.equal(junit.status, 1);
    assert.match(junit.stdout, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites>\n/);
    assert.match(
      junit.stdout,
      /<testsuite name="[^"]*x\.test\.yaml" tests="2" failures="1" errors="0" time="\d+\.\d{3}">/,
    );
    assert.match(junit.stdout, /<testcase classname="[^"]*" name="wrong" time="[\d.]+"><failure message="output">/);
    assert.match(junit.stdout, /&quot;\\u001b\[31mred &amp; &lt;b&gt;/);
    assert.match(junit.stdout, /<error>tests \(line 1\): 1, where a list is expected/);
  });

  test('a wrong file is told with its lines, and the others run', () => {
    const path = folder('wrong', {
      'a.yaml': deployment,
      'a.test.yaml': 'tests:\n- name: t\n  request: 1\n  nodes: { n: { answer: 1 } }\n',
      'b.yaml': deployment,
      'b.test.yaml': tests,
    });
    const { status, stdout } = millraceTest([path, '--filter', 'right']);
    assert.equal(status, 1);
    assert.match(stdout, /✗ line 4 {2}tests\[0\]\.nodes\.n: the graph has no node 'n'\n {6}did you mean m\?/);
    assert.match(stdout, /1 passed, 0 failed, 1 file that cannot be run, 1 left out/);
  });

  test('what is not there, and a wrong command line', () => {
    const empty = folder('empty', {});
    assert.match(millraceTest([empty]).stderr, /holds no \*\.test\.yaml/);
    assert.match(millraceTest(['absent.test.yaml']).stderr, /there is no 'absent\.test\.yaml'/);
    const lonely = folder('lonely', { 'x.test.yaml': tests });
    const { status, stdout } = millraceTest([lonely]);
    assert.equal(status, 1);
    assert.match(stdout, /deployment: there is no '.*x\.yaml'\n {6}check the path/);
    assert.equal(millraceTest(['--format', 'xml']).status, 2);
  });
});
