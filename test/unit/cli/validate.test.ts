import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const example = join(root, 'examples/cifar10/deployment.yaml');
const directory = mkdtempSync(join(tmpdir(), 'millrace-validate-'));
after(() => rmSync(directory, { recursive: true }));

function validate(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), 'validate', ...args], {
    encoding: 'utf8',
    input,
    timeout: 240_000,
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const deployment = (name: string, predictors: string, more = '') =>
  `apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata: {name: ${name}}\nspec:\n  serverType: kafka\n${more}  predictors:\n${predictors}`;
const predictor = (name: string, output = '{name: KAFKA_OUTPUT_TOPIC, value: o}') =>
  `  - name: ${name}\n    graph: {name: m}\n    componentSpecs: [{spec: {containers: [{name: m, image: i}]}}]\n    svcOrchSpec:\n      env: [{name: KAFKA_BROKER, value: 'b:1'}, {name: KAFKA_INPUT_TOPIC, value: i}, ${output}]\n`;

suite('millrace validate', () => {
  test('says that the example is valid, and what it is', () => {
    const { status, stdout, stderr } = validate([example]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(
      stdout,
      [
        `${example}: valid`,
        '  tfserving-cifar10 in namespace default: protocol tensorflow, transport rest, serverType kafka',
        '    predictor model: graph resnet32, 1 replica',
        '      topics cifar10-rest-input -> cifar10-rest-output',
        '      consumer group model.tfserving-cifar10.default',
        '',
      ].join('\n'),
    );
  });

  test('lists the problems of all files and exits with 1', () => {
    const files = [
      file('tab.yaml', 'apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata:\n\tname: x\n'),
      file('kind.yaml', 'apiVersion: apps/v1\nkind: Deployment\n'),
      file('twice.yaml', deployment('x', predictor('p') + predictor('p'))),
      file('output.yaml', deployment('x', predictor('p', '{name: X, value: y}'))),
      file('two.yaml', deployment('x', predictor('p').replace('    graph', '    replicas: "two"\n    graph'))),
      join(directory, 'absent.yaml'),
      directory,
    ];
    const { status, stdout, stderr } = validate([example, ...files]);
    assert.deepEqual([status, stderr], [1, '']);
    assert.match(
      stdout,
      /tab\.yaml: 1 error\n {2}errors\n {4}line 4 {2}metadata: the line is indented with a tab\n {6}indent with spaces/,
    );
    assert.match(
      stdout,
      /kind\.yaml: 2 errors\n[^]*line 2 {2}kind: 'Deployment' is not SeldonDeployment\n {6}set kind: SeldonDeployment/,
    );
    assert.match(
      stdout,
      /twice\.yaml: 2 errors, 1 warning\n[^]*line 12 {2}spec\.predictors\[1\]\.name: a second predictor is named 'p'/,
    );
    assert.match(
      stdout,
      /output\.yaml: 1 error\n[^]*line 11 {2}spec\.predictors\[0\]\.svcOrchSpec\.env: predictor 'p' has no KAFKA_OUTPUT_TOPIC/,
    );
    assert.match(
      stdout,
      /two\.yaml: 1 error\n[^]*line 8 {2}spec\.predictors\[0\]\.replicas: 'two', where a whole number/,
    );
    assert.match(stdout, /absent\.yaml: 1 error\n[^]*there is no such file/);
    assert.match(stdout, /is a directory/);
  });

  test('warnings alone are no failure', () => {
    const { status, stdout } = validate([file('warn.yaml', deployment('x', predictor('p'), '  replicas: 0\n'))]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /valid, 1 warning\n {2}warnings\n {4}line 6 {2}spec\.replicas: with 0 replicas nothing is consumed/,
    );
  });

  test('reads standard input, and says what it left out', () => {
    const { status, stdout } = validate(['-'], `kind: Secret\n---\n${deployment('x', predictor('p'))}`);
    assert.equal(status, 0);
    assert.match(stdout, /^standard input: valid\n {2}note: line 1: a Secret is left out\n {2}x in namespace default/);
  });

  test('refuses the same deployment twice in one file', () => {
    const text = deployment('x', predictor('p'));
    const { status, stdout } = validate(['-'], `${text}---\n${text}`);
    assert.equal(status, 1);
    assert.match(stdout, /second SeldonDeployment named 'x'/);
  });

  test('prints JSON for programs', () => {
    const { status, stdout } = validate(['--format', 'json', example, '-'], 'nonsense');
    assert.equal(status, 1);
    const { valid, files } = JSON.parse(stdout) as { valid: boolean; files: Record<string, unknown>[] };
    assert.equal(valid, false);
    assert.deepEqual(files[0]?.['valid'], true);
    assert.deepEqual(files[1]?.['problems'], [
      {
        severity: 'error',
        rule: 'form',
        path: 'document',
        line: 1,
        message: 'a single value, where a SeldonDeployment is expected',
        remedy: 'begin with apiVersion, kind: SeldonDeployment, metadata and spec',
      },
    ]);
  });

  test('does not pass control characters of a document on to the terminal', () => {
    const { stdout } = validate(['-'], deployment('x', predictor('p'), '  protocol: "\\e[31mred"\n'));
    assert.match(stdout, /protocol '\?\[31mred' does not exist/);
  });

  test('a wrong command line exits with 2', () => {
    assert.equal(validate([]).status, 2);
    assert.equal(validate(['--format', 'xml', example]).status, 2);
  });
});
