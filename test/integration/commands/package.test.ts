// What a stranger gets: a fresh clone that sets itself up, and the package installed in an empty folder.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }).version;
const LIMIT_MS = 600_000;
const MAX_PACKED_BYTES = 10_000_000;

/** The environment of a shell outside the project: without what `npm test` adds, so without this checkout's Node 24. */
function outside(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    const added =
      /^npm_(?!config_)/.test(name) || ['npm_config_local_prefix', 'INIT_CWD', 'NODE', 'NODE_OPTIONS'].includes(name);
    if (!added && !name.startsWith('NODE_TEST')) env[name] = value;
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => !/node_modules|node-gyp-bin/.test(folder));
  return {
    ...env,
    PATH: folders.join(delimiter),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { cwd, env: outside(), timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

async function succeed(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  const finished = await run(program, args, cwd);
  assert.equal(finished.code, 0, `${program} ${args.join(' ')}\n${finished.stdout}\n${finished.stderr}`);
  return finished;
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Starts Kafka, waits for its address, sends SIGTERM to the very process that was started. */
async function startKafkaAndTerminate(program: string, cwd: string): Promise<{ address: string; code: number | null }> {
  const args = ['kafka', '--print-address', '--heap', '256'];
  const child = spawn(program, args, { cwd, env: outside(), stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), exited]);
  child.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  return { address: String(first[0]), code };
}

const inGit = spawnSync('git', ['-C', ROOT, 'rev-parse', 'HEAD']).status === 0;
const skip = inGit ? false : 'not a git checkout';
let folder = '';
let checkout = '';
let elsewhere = '';
let installed = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace package '));
  checkout = join(folder, 'a checkout');
  elsewhere = join(folder, 'elsewhere');
  installed = join(folder, 'an app');
  mkdirSync(elsewhere);
  mkdirSync(installed);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test(
  'a fresh clone sets itself up at the first start, also when two start at once, from anywhere',
  { skip },
  async () => {
    await succeed('git', ['clone', '--quiet', ROOT, checkout], folder);
    symlinkSync(join('..', 'a checkout', 'bin', 'millrace'), join(elsewhere, 'direct'));
    symlinkSync('direct', join(elsewhere, 'millrace'));
    const starts = ['./millrace', join(checkout, 'bin', 'millrace')].map((program) =>
      succeed(program, ['--version'], elsewhere),
    );
    for (const { stdout } of await Promise.all(starts)) assert.equal(stdout, `${VERSION}\n`);

    const again = await succeed('./millrace', ['--version'], elsewhere);
    assert.deepEqual({ stdout: again.stdout, stderr: again.stderr }, { stdout: `${VERSION}\n`, stderr: '' });
    const status = await succeed('git', ['status', '--porcelain'], checkout);
    assert.equal(status.stdout, '', 'setting up must change no file of the repository');
  },
);

test('a lock left by a setup that was killed is taken over; a changed lock file is noticed', { skip }, async () => {
  const machine = (await succeed('uname', ['-n'], checkout)).stdout.trim();
  const gone = spawnSync('true').pid;
  symlinkSync(`${gone}@${machine}`, join(checkout, '.cache', 'setup.lock'));
  const lockFile = join(checkout, 'package-lock.json');
  const text = readFileSync(lockFile, 'utf8');
  // Another text with the same meaning: nothing needs to be installed, but it has to be looked at.
  writeFileSync(lockFile, `${text}\n`);
  assert.equal((await succeed('tools/setup', [], checkout)).stderr, '');

  const broken = text.replace('"node_modules/node": {', '"node_modules/millrace-has-no-such-package": {');
  assert.notEqual(broken, text);
  writeFileSync(lockFile, broken);
  const refused = await run('tools/setup', [], checkout);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^millrace: installing packages[^]*^millrace: npm ci failed in .*a checkout[^]*npm config get registry/m,
  );
  writeFileSync(lockFile, text);
});

test("the program is one process: its exit code is the caller's, signals reach it", { skip }, async () => {
  const wrong = await run('./millrace', ['no-such-command'], elsewhere);
  assert.equal(wrong.code, 2, wrong.stderr);
  const { address, code } = await startKafkaAndTerminate('./millrace', elsewhere);
  assert.match(address, /^127\.0\.0\.1:\d+$/);
  assert.equal(code, 0);
});

test('the package holds what the program needs, and nothing else', { skip }, async () => {
  const { stdout } = await succeed('npm', ['pack', '--json', '--pack-destination', folder], checkout);
  const [packed] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as [{ size: number; files: { path: string }[] }];
  const paths = packed.files.map((file) => file.path);
  assert.deepEqual(
    paths.filter((path) => !/^(?:bin|dist|docs|examples)\/|^[A-Z]+(?:\.md)?$|^package\.json$/.test(path)),
    [],
  );
  assert.deepEqual(
    paths.filter((path) => /\.ts$|\.test\.js$|(?:^|\/)node_modules\/|\/train\/|decisions/.test(path)),
    [],
  );
  for (const path of ['LICENSE', 'package.json', 'bin/millrace', 'dist/cli/main.js'])
    assert.ok(paths.includes(path), path);
  const beside = filesUnder(join(checkout, 'src')).filter((path) => !path.endsWith('.ts'));
  assert.ok(beside.some((path) => path.endsWith('pom.xml')));
  for (const path of beside) {
    assert.ok(paths.includes(path.replace(join(checkout, 'src'), 'dist')), `${path} is not in the package`);
  }
  assert.ok(packed.size < MAX_PACKED_BYTES, `${packed.size} bytes`);
});

test('the package works when installed in an empty folder', { skip }, async () => {
  writeFileSync(join(installed, 'package.json'), '{ "private": true }');
  await succeed('npm', ['install', '--no-audit', '--no-fund', join(folder, `millrace-${VERSION}.tgz`)], installed);
  const program = join(installed, 'node_modules', '.bin', 'millrace');
  assert.equal((await succeed('npx', ['--no-install', 'millrace', '--version'], installed)).stdout, `${VERSION}\n`);
  const help = (await succeed(program, ['--help'], elsewhere)).stdout;
  const commands = [...help.matchAll(/^ {2}([a-z][a-z-]+)(?= )/gm)].map((match) => match[1] ?? '');
  assert.ok(commands.includes('run') && commands.includes('kafka'), help);
  for (const name of commands) {
    if (name === 'help') continue;
    const { stdout } = await succeed(program, [name, '--help'], elsewhere);
    assert.match(stdout, /^Usage/);
  }
  const home = join(installed, 'node_modules', 'millrace');
  for (const path of filesUnder(join(home, 'examples')).filter((file) => /deployment(?:-\w+)?\.yaml$/.test(file))) {
    await succeed(program, ['validate', path], elsewhere);
  }
  const { address, code } = await startKafkaAndTerminate(program, elsewhere);
  assert.match(address, /^127\.0\.0\.1:\d+$/);
  assert.equal(code, 0);
});

test('every compiled file can be loaded from the installed package', { skip }, async () => {
  const dist = join(installed, 'node_modules', 'millrace', 'dist');
  // Files that act when they are loaded: the program itself and workers' entries.
  const files = filesUnder(dist).filter((path) => path.endsWith('.js') && !/\/(?:main|worker)\.js$/.test(path));
  const script = `for (const file of ${JSON.stringify(files)}) await import(file);`;
  const node = join(installed, 'node_modules', 'node', 'bin', 'node');
  await succeed(node, ['--input-type=module', '--eval', script], elsewhere);
});
