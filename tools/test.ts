// Runs everything `npm test` stands for, step by step: also the steps after one that fails, so that one run tells all.
// `node tools/test.ts lint unit` runs only the named steps; more arguments after `--` go to the test runner.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsLine, type TestCounts } from './test-summary.ts';

interface Step {
  readonly name: string;
  readonly what: string;
  run(): TestCounts;
}

// Tests share the machine with the servers they start.
const CONCURRENCY = Math.min(4, availableParallelism());

// A step that hangs (a server left open keeps its test file alive) is ended and fails.
const STEP_TIMEOUT_MS = 3_600_000;

function command(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  const result = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    timeout: STEP_TIMEOUT_MS,
  });
  if (result.error) console.error(`${program}: ${result.error.message}`);
  return result.status === 0;
}

/** A step that is one check: a compiler, a linter. */
function check(...parts: readonly (() => boolean)[]): TestCounts {
  const ok = parts.every((part) => part());
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/** Runs the tests of a folder. No tests, and a runner that fails with no test to blame, are failures too. */
function tests(folder: string, concurrency: number, timeoutMs: number, setup?: string): TestCounts {
  const files = globSync(`test/${folder}/**/*.test.ts`).sort();
  // Without files, Node would search for some itself.
  if (files.length === 0) return failedFor(`no files test/${folder}/**/*.test.ts`);
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const countsFile = join(scratch, 'counts.json');
  const options = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    '--test-reporter=./tools/test-summary.ts',
    '--test-reporter-destination=stdout',
  ];
  if (setup) options.push(`--test-global-setup=${setup}`);
  try {
    const ok = command(process.execPath, [...options, ...extra, ...files], {
      MILLRACE_TEST_COUNTS: countsFile,
      NODE_COMPILE_CACHE: compiled,
    });
    const counts = readCounts(countsFile);
    if (counts === undefined) return failedFor('the test runner ended before its tests did');
    if (counts.passed + counts.failed + counts.skipped === 0) return failedFor('no tests found');
    if (!ok && counts.failed === 0) return failedFor('the test runner failed outside of the tests', counts);
    return counts;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readCounts(file: string): TestCounts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestCounts;
  } catch {
    return undefined;
  }
}

function failedFor(reason: string, counts: TestCounts = { passed: 0, failed: 0, skipped: 0 }): TestCounts {
  console.error(`FAILED ${reason}`);
  return { ...counts, failed: counts.failed + 1 };
}

const ESLINT = ['tools/lint/node_modules/eslint/bin/eslint.js', '-c', 'tools/lint/eslint.config.js'];

const steps: readonly Step[] = [
  { name: 'types', what: 'TypeScript', run: () => check(() => command('node_modules/.bin/tsc', ['-p', '.'])) },
  {
    name: 'format',
    what: 'Prettier',
    run: () => check(() => command('node_modules/.bin/prettier', ['--check', '--log-level=warn', '.'])),
  },
  {
    name: 'lint',
    what: 'ESLint',
    run: () =>
      check(
        () => command('tools/setup', ['lint']),
        () => command(process.execPath, [...ESLINT, 'src', 'test', 'tools/*.ts']),
      ),
  },
  { name: 'unit', what: 'unit tests', run: () => tests('unit', CONCURRENCY, 120_000) },
  { name: 'simulation', what: 'seeded simulations', run: () => tests('simulation', CONCURRENCY, 600_000) },
  {
    name: 'integration',
    what: 'integration tests on real Kafka',
    // Most of the time they wait for processes to start and for sessions to end: two at a time take little more than one.
    run: () => tests('integration', 2, 900_000, './test/kafka-setup.ts'),
  },
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const split = process.argv.indexOf('--');
const wanted = process.argv.slice(2, split < 0 ? undefined : split);
const extra = split < 0 ? [] : process.argv.slice(split + 1);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(
    `tools/test.ts: no step ${unknown.join(', ')}; the steps are ${steps.map((step) => step.name).join(', ')}`,
  );
  process.exit(2);
}

// Hundreds of processes start with the same program: each file of it is compiled once. It halves what a start costs.
const compiled = mkdtempSync(join(tmpdir(), 'millrace-compiled-'));
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }));

const total = { passed: 0, failed: 0, skipped: 0 };
const results: string[] = [];
for (const step of steps) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue;
  const begun = performance.now();
  console.log(`\n== ${step.name}: ${step.what}`);
  const counts = step.run();
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
  const verdict = counts.failed === 0 ? 'passed' : 'FAILED';
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  results.push(`${step.name.padEnd(12)} ${verdict}  ${countsLine(counts)}  (${seconds} s)`);
}
console.log(`\n== total\n${results.join('\n')}\n\n${countsLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
