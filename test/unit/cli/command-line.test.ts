import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = 'src/cli/main.ts';

function environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { KAFKA_BROKER: _broker, ENGINE_PREDICTOR: _predictor, ...inherited } = process.env;
  return { ...inherited, ...env };
}

/** Runs the command as a user would, with a limit. */
async function millrace(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(env), timeout: 240_000 });
  child.stdin.end();
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

test('without arguments, and with --help, it prints the help and exits 0', async () => {
  const [bare, asked] = await Promise.all([millrace([]), millrace(['--help'])]);
  assert.equal(bare.code, 0);
  assert.equal(bare.stderr, '');
  assert.equal(bare.stdout, asked.stdout);
  for (const command of ['run', 'executor', 'validate', 'kafka']) {
    assert.match(bare.stdout, new RegExp(`^  ${command} .*\\w`, 'm'));
  }
});

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.deepEqual(await millrace(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

const wrong: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
  [['rnu'], /^millrace: unknown command 'rnu'\n\(Did you mean run\?\)/],
  [['--verbos'], /^millrace: unknown option '--verbos'/],
  [['run'], /^millrace: missing required argument 'FILE'/],
  [['run', 'x.yaml', '--predicter=a'], /^millrace: unknown option '--predicter=a'\n\(Did you mean --predictor\?\)/],
  [['run', 'x.yaml', '--http-port', 'http'], /--http-port: 'http' is not a whole number from 0 to 65535/],
  [['executor', '--port', '1'], /^millrace: flag provided but not defined: -port/],
  [['executor', '-graceful_timeout', '15'], /invalid value "15" for flag -graceful_timeout: parse error/],
  [['executor', '--', '--help'], /--sdep: required/],
];

for (const [args, stderr] of wrong) {
  test(`a wrong command line, ${args.join(' ')}, is told in few lines`, async () => {
    const ended = await millrace(args);
    assert.match(ended.stderr, stderr);
    assert.equal(ended.stdout, '');
    assert.equal(ended.code, args.includes('--') ? 1 : 2);
    assert.doesNotMatch(ended.stderr, /^\s+at /m, 'a stack was printed');
  });
}

test("executor -h prints every flag of Seldon's executor and exits 0", async () => {
  const { code, stdout } = await millrace(['executor', '-h']);
  assert.equal(code, 0);
  const flags =
    'sdep namespace predictor config http_port grpc_port graceful_timeout shutdown_delay protocol transport file hostname ' +
    'logger_workers log_work_buffer_size log_write_timeout_ms prometheus_path server_type kafka_broker kafka_input_topic ' +
    'kafka_output_topic kafka_full_graph kafka_workers kafka_auto_commit log_kafka_broker log_kafka_topic ' +
    'full_health_checks debug log_level';
  for (const flag of flags.split(' ')) assert.match(stdout, new RegExp(`^  --${flag}\\b`, 'm'), flag);
});

test('a document that cannot be read or run is an error of the user, with exit code 1', async () => {
  const absent = await millrace(['run', '/nonexistent/d.yaml']);
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /^millrace: '\/nonexistent\/d.yaml' cannot be read: ENOENT/);
  const empty = await millrace(['run', '-']);
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /^millrace: standard input is not a well-formed SeldonDeployment/);
});

test('a reader that goes away is no error', async () => {
  const child = spawn(process.execPath, [MAIN, 'executor', '-h'], { env: environment({}), timeout: 240_000 });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

const graph = { name: 'm', type: 'MODEL', endpoint: { service_host: '127.0.0.1', httpPort: 1 } };
const ENGINE_PREDICTOR = Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64');
const EXECUTOR = ['executor', '--sdep', 'd', '--namespace', 'n', '--predictor', 'p'];

test('a port in use ends the executor with exit code 1 and the remedy', async () => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  try {
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const { code, stderr } = await millrace([...EXECUTOR, '--grpc_port', '0', '--http_port', String(address.port)], {
      ENGINE_PREDICTOR,
    });
    assert.equal(code, 1);
    assert.match(stderr, /millrace: failed to create listener: port \d+: address already in use\n {2}stop the program/);
  } finally {
    other.close();
  }
});

/** Starts an executor whose model is away, and waits until it says on which port it listens. */
async function startExecutor(args: readonly string[] = []) {
  const argv = [MAIN, ...EXECUTOR, '--http_port', '0', '--grpc_port', '0', ...args];
  const child = spawn(process.execPath, argv, { env: environment({ ENGINE_PREDICTOR }), timeout: 240_000 });
  let stderr = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const found = /"port":(\d+)/.exec(stderr);
      if (found) resolve(Number(found[1]));
    });
    child.on('close', () => reject(new Error(`the executor ended: ${stderr}`)));
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  return { child, port, closed };
}

test('the executor answers probes while its graph is away, and ends cleanly when asked', async () => {
  const { child, port, closed } = await startExecutor();
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  assert.equal((await get('/live')).status, 200);
  const ready = await get('/ready?verbose');
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /node 'm' at 127\.0\.0\.1:1 cannot be reached/);
  assert.match(await (await get('/metrics')).text(), /^millrace_build_info\{.*\} 1$/m);
  child.kill('SIGTERM');
  assert.deepEqual((await closed)[0], 0);
});

test('a second request to end is obeyed at once', async () => {
  const { child, port, closed } = await startExecutor(['--shutdown_delay', '15s']);
  child.kill('SIGTERM');
  const deadline = Date.now() + 60_000;
  const isShuttingDown = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/ready?verbose`)).text()).includes('shutting down');
  while (!(await isShuttingDown())) assert.ok(Date.now() < deadline, 'the first signal had no effect');
  child.kill('SIGINT');
  assert.deepEqual((await closed)[0], 130);
});
