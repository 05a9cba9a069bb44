// Runs everything `npm test` stands for, step by step, and stops at the first step that fails.
// `node tools/test.ts lint unit` runs only the named steps; more arguments after `--` go to the test runner.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

interface Step {
  readonly name: string;
  readonly what: string;
  run(): number;
}

function command(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const result = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return result.status ?? 1;
}

function tests(folder: string, concurrency: number, setup?: string): number {
  const files = globSync(`test/${folder}/**/*.test.ts`).sort();
  const options = [
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
  ];
  options.push('--test-reporter=./tools/test-summary.ts', '--test-reporter-destination=stdout');
  if (setup) options.push(`--test-global-setup=${setup}`);
  return command(process.execPath, ['--disable-warning=ExperimentalWarning', ...options, ...extra, ...files]);
}

const steps: Step[] = [
  { name: 'types', what: 'TypeScript', run: () => command('node_modules/.bin/tsc', ['-p', '.']) },
  {
    name: 'lint',
    what: 'Prettier and ESLint',
    run() {
      const formatted = command('node_modules/.bin/prettier', ['--check', '--log-level=warn', '.']);
      if (formatted !== 0) return formatted;
      if (!existsSync('tools/lint/node_modules/eslint')) {
        const installed = command('npm', [
          '--prefix',
          'tools/lint',
          'ci',
          '--no-audit',
          '--no-fund',
          '--loglevel=error',
        ]);
        if (installed !== 0) return installed;
      }
      const eslint = 'tools/lint/node_modules/eslint/bin/eslint.js';
      return command(process.execPath, [eslint, '-c', 'tools/lint/eslint.config.js', 'src', 'test', 'tools/*.ts']);
    },
  },
  { name: 'unit', what: 'unit tests', run: () => tests('unit', 2) },
  { name: 'simulation', what: 'seeded simulations', run: () => tests('simulation', 2) },
  {
    name: 'integration',
    what: 'integration tests on real Kafka',
    run: () => tests('integration', 1, './test/kafka-setup.ts'),
  },
];

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

const started = performance.now();
for (const step of steps) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue;
  const begun = performance.now();
  console.log(`\n== ${step.name}: ${step.what}`);
  const code = step.run();
  console.log(
    `== ${step.name}: ${code === 0 ? 'passed' : 'FAILED'} in ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  if (code !== 0) process.exit(code);
}
console.log(`\nall passed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
