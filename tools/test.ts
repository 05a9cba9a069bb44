// Runs everything `npm test` stands for, step by step: also the steps after one that fails, so that one run tells all. The checks, each
// of which keeps one core busy, run at the same time.
// `node tools/test.ts lint unit` runs only the named steps; more arguments after `--` go to the test runner.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsLine, type TestCounts } from './test-summary.ts';

interface Step {
  readonly name: string;
  /** Prints its name, what is wrong, and everything that it has to say. */
  run(): Promise<TestCounts>;
}

interface TestFolder {
  /** Of `test/`, and the step's name. */
  readonly folder: string;
  readonly what: string;
  /** Files at a time. */
  readonly concurrency: number;
  /** Of one test. */
  readonly timeoutMs: number;
  readonly setup?: string;
  readonly env?: NodeJS.ProcessEnv;
}

// Tests share the machine with the servers they start.
const CONCURRENCY = Math.min(4, availableParallelism());

// A step that hangs (a server left open keeps its test file alive) is ended and fails.
const STEP_TIMEOUT_MS = 3_600_000;

/** Runs a program to its end; whether it ended well. What it prints is shown at once, or given to `print`. */
function command(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  print?: (text: string) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', ...(print ? (['pipe', 'pipe'] as const) : (['inherit', 'inherit'] as const))],
      env: { ...process.env, ...env },
      timeout: STEP_TIMEOUT_MS,
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', print ?? (() => undefined));
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
}

/** A check's output is told as a whole: others run beside it. */
async function check(name: string, what: string, commands: readonly (readonly [string, ...string[]])[]) {
  let output = '';
  let ok = true;
  for (const [program, ...args] of commands) ok = ok && (await command(program, args, {}, (text) => (output += text)));
  console.log(`\n== ${name}: ${what}`);
  process.stdout.write(output);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/** Runs the tests of a folder. No tests, and a runner that fails with no test to blame, are failures too. */
async function tests({ folder, what, concurrency, timeoutMs, setup, env }: TestFolder): Promise<TestCounts> {
  console.log(`\n== ${folder}: ${what}`);
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
    const ok = await command(process.execPath, [...options, ...extra, ...files], {
      ...env,
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

const LINT: readonly [string, ...string[]] = [process.execPath, ...ESLINT, 'src', 'test', 'tools/*.ts'];
const PRETTIER: readonly [string, ...string[]] = ['node_modules/.bin/prettier', '--check', '--log-level=warn', '.'];

/** Each keeps one core busy: they run at the same time. */
const checks: readonly Step[] = [
  { name: 'types', run: () => check('types', 'TypeScript', [['node_modules/.bin/tsc', '-p', '.']]) },
  { name: 'format', run: () => check('format', 'Prettier', [PRETTIER]) },
  { name: 'lint', run: () => check('lint', 'ESLint', [['tools/setup', 'lint'], LINT]) },
];

const folders: readonly TestFolder[] = [
  { folder: 'unit', what: 'unit tests', concurrency: CONCURRENCY, timeoutMs: 600_000 },
  { folder: 'simulation', what: 'seeded simulations', concurrency: CONCURRENCY, timeoutMs: 600_000 },
  {
    folder: 'integration',
    what: 'integration tests on real Kafka',
    // Much of the time they wait for processes to start and for sessions to end.
    concurrency: 3,
    timeoutMs: 900_000,
    setup: './test/kafka-setup.ts',
    // Some forty brokers start, and most of them live for seconds: the quick compiler halves what that costs.
    env: { JDK_JAVA_OPTIONS: `${process.env['JDK_JAVA_OPTIONS'] ?? ''} -XX:TieredStopAtLevel=1` },
  },
];

const suites: readonly Step[] = folders.map((one) => {
  return { name: one.folder, run: () => tests(one) };
});
const steps = [...checks, ...suites];

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

/** Runs a step; the line that tells of it at the end. */
async function run({ name, run: runStep }: Step): Promise<string> {
  const begun = performance.now();
  const counts = await runStep();
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
  const verdict = counts.failed === 0 ? 'passed' : 'FAILED';
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return `${name.padEnd(12)} ${verdict}  ${countsLine(counts)}  (${seconds} s)`;
}

const isWanted = ({ name }: Step) => wanted.length === 0 || wanted.includes(name);
const results = await Promise.all(checks.filter(isWanted).map(run));
for (const suite of suites.filter(isWanted)) results.push(await run(suite));
console.log(`\n== total\n${results.join('\n')}\n\n${countsLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
