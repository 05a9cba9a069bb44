// The runner itself: a test that fails, or that is not there, must not go unnoticed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TOOLS = fileURLToPath(new URL('../../../tools', import.meta.url));

/** `tools/test.ts` with these arguments, in a project that has only these unit tests. */
function runTests(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const project = mkdtempSync(join(tmpdir(), 'millrace-runner-'));
  try {
    mkdirSync(join(project, 'tools'));
    mkdirSync(join(project, 'test', 'unit'), { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    for (const name of ['test.ts', 'test-summary.ts']) cpSync(join(TOOLS, name), join(project, 'tools', name));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(
        join(project, 'test', 'unit', `${name}.test.ts`),
        `import { suite, test } from 'node:test';\n${text}`,
      );
    }
    // Under this variable a runner takes itself for a test file of another one.
    const env = { ...process.env };
    delete env['NODE_TEST_CONTEXT'];
    const result = spawnSync(process.execPath, ['tools/test.ts', ...args], { cwd: project, env, encoding: 'utf8' });
    const output = result.stdout + result.stderr;
    return { code: result.status, last: result.stdout.trimEnd().split('\n').at(-1), output };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

test('all good: exit code 0 and the counts on the last line', () => {
  const one = `test('a', () => {}); test('b', { skip: 'no need' }, () => {}); suite('s', () => { test('c', () => {}); });`;
  const { code, last, output } = runTests({ one, two: `test('d', () => {});` }, 'unit');
  assert.deepEqual({ code, last }, { code: 0, last: '3 passed, 0 failed, 1 skipped' }, output);
  assert.match(output, /skipped b: no need/);
});

test('failures: exit code 1, each told once with its place and its story', () => {
  const cases: Readonly<Record<string, string>> = {
    assertion: `suite('s', () => { test('t', () => { throw new Error('told'); }); });`,
    rejection: `test('t', async () => { await Promise.reject(new Error('told')); });`,
    late: `test('t', () => { setTimeout(() => { throw new Error('told'); }, 5); });`,
    load: `console.error('told'); throw new Error('at load');`,
    leave: `test('t', () => { process.stderr.write('told'); process.exit(3); });`,
    hang: `test('told', { timeout: 20 }, async () => { await new Promise((done) => { setTimeout(done, 60_000).unref(); }); });`,
    nothing: `// told: it holds no tests`,
  };
  for (const [name, text] of Object.entries(cases)) {
    const { code, last, output } = runTests({ good: `test('good', () => {});`, [name]: text }, 'unit');
    assert.equal(code, 1, `${name}\n${output}`);
    assert.match(last ?? '', /^[12] passed, 1 failed, 0 skipped$/, `${name}\n${output}`);
    assert.equal(output.match(/^FAILED /gm)?.length, 1, `${name}\n${output}`);
    assert.match(
      output,
      new RegExp(`^FAILED [^]*${name === 'nothing' ? 'holds no tests' : 'told'}`, 'm'),
      `${name}\n${output}`,
    );
  }
});

test('no test files, and no test that has the wanted name, are failures', () => {
  const none = runTests({}, 'unit');
  assert.deepEqual(
    { code: none.code, last: none.last },
    { code: 1, last: '0 passed, 1 failed, 0 skipped' },
    none.output,
  );
  const unmatched = runTests({ one: `test('a', () => {});` }, 'unit', '--', '--test-name-pattern=zzz');
  assert.deepEqual([unmatched.code, unmatched.last], [1, '0 passed, 1 failed, 0 skipped'], unmatched.output);
  const matched = runTests(
    { one: `test('a', () => {});`, two: `test('b', () => {});` },
    'unit',
    '--',
    '--test-name-pattern=b',
  );
  assert.deepEqual([matched.code, matched.last], [0, '1 passed, 0 failed, 0 skipped'], matched.output);
});

test('a step that does not exist is a mistake', () => {
  const { code, output } = runTests({}, 'units');
  assert.equal(code, 2);
  assert.match(output, /no step units; the steps are types, .*unit, /);
});
