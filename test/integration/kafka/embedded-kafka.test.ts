// The embedded Kafka itself: each test starts its own and looks at what is left when it is gone.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { cacheFolder } from '../../../src/base/cache-folder.ts';
import { MillraceError } from '../../../src/base/errors.ts';
import { startEmbeddedKafka } from '../../../src/dev/kafka/embedded-kafka.ts';
import { createTopic, endOffsets, produceRecords, readAll } from '../../broker.ts';
import { PATIENCE_MS } from '../../persist.ts';

const MILLRACE = resolve('bin/millrace');

interface Run {
  readonly child: ChildProcess;
  /** Temporary directories of the command are made in here. */
  readonly tmp: string;
  readonly stderr: () => string;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The address that it prints when Kafka is ready. */
  readonly address: Promise<string>;
}

function millraceKafka(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const tmp = scratch(t);
  const child = spawn(MILLRACE, ['kafka', ...args], { env: { ...process.env, TMPDIR: tmp, ...env } });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += String(data)));
  child.stderr.on('data', (data) => (stderr += String(data)));
  const exit = new Promise<Awaited<Run['exit']>>((done) => child.on('exit', (code, signal) => done({ code, signal })));
  const address = until(() => {
    if (child.exitCode !== null) throw new Error(`millrace kafka ended: ${stderr}`);
    return /^127\.0\.0\.1:\d+\n/.exec(stdout)?.[0].trim();
  });
  address.catch(() => undefined);
  return { child, tmp, stderr: () => stderr, exit, address };
}

function scratch(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

async function until<T>(probe: () => T | undefined | false): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${String(probe)}`);
    await sleep(50);
  }
}

/** Processes that have the text on their command line. */
function processesWith(text: string): string[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 16 << 20 });
  return listed.split('\n').filter((line) => line.includes(text));
}

/** The shell that watches over a program goes a moment after it. */
async function noProcessWith(text: string): Promise<void> {
  await until(() => processesWith(text).length === 0);
}

const withCode =
  (code: string, text = /./) =>
  (error: unknown) =>
    error instanceof MillraceError && error.code === code && text.test(error.message);

test('a given data directory outlives SIGTERM and SIGKILL of the broker, on the same port', async (t) => {
  const dataDir = join(scratch(t), 'kept');
  const run = millraceKafka(t, ['--data-dir', dataDir, '--topic', 'in:3', '--topic', 'out', '--partitions', '2']);
  const address = await run.address;
  const port = Number(address.split(':')[1]);
  assert.match(run.stderr(), new RegExp(`^Kafka 4\\.\\d+\\.\\d+ is ready at ${address} \\(Ctrl-C stops it\\)$`, 'm'));
  assert.deepEqual([...(await endOffsets(address, 'in')).keys()], [0, 1, 2]);
  assert.deepEqual([...(await endOffsets(address, 'out')).keys()], [0, 1]);
  await produceRecords(address, 'in', [{ key: 'k', value: 'kept' }]);

  await assert.rejects(startEmbeddedKafka({ port }), withCode('PORT_IN_USE', new RegExp(String(port))));
  await assert.rejects(startEmbeddedKafka({ dataDir }), withCode('DATA_DIR_LOCKED', /another Kafka is using/));
  await createTopic(address, 'unharmed');

  run.child.kill('SIGTERM');
  assert.deepEqual(await run.exit, { code: 0, signal: null });
  await noProcessWith(dataDir);

  const again = await startEmbeddedKafka({ port, dataDir });
  t.after(() => again.stop());
  assert.equal(again.bootstrap, address);
  assert.deepEqual((await readAll(address, 'in')).map((record) => String(record.value)), ['kept']); // prettier-ignore

  await again.kill();
  assert.deepEqual(await again.exited(), { code: null, signal: 'SIGKILL' });
  await again.restart();
  await produceRecords(address, 'in', [{ key: 'k', value: 'after the crash' }]);
  const values = (await readAll(address, 'in')).map((record) => String(record.value));
  assert.deepEqual(values, ['kept', 'after the crash']);
  await again.stop();
  assert.ok(existsSync(join(dataDir, 'broker.log')));
});

test('Ctrl-C leaves no process and no directory', async (t) => {
  const run = millraceKafka(t, ['--print-address']);
  await run.address;
  assert.equal(run.stderr(), '');
  assert.ok(processesWith(run.tmp).length > 0);
  run.child.kill('SIGINT');
  assert.deepEqual(await run.exit, { code: 0, signal: null });
  await noProcessWith(run.tmp);
  assert.deepEqual(readdirSync(run.tmp), []);
});

test('Ctrl-C while it starts leaves nothing either', async (t) => {
  const run = millraceKafka(t, []);
  await until(() => processesWith(run.tmp).some((line) => line.includes('kafka.Kafka')));
  run.child.kill('SIGINT');
  assert.deepEqual(await run.exit, { code: 0, signal: null });
  await noProcessWith(run.tmp);
  assert.deepEqual(readdirSync(run.tmp), []);
});

test('the broker does not outlive a killed parent', async (t) => {
  const run = millraceKafka(t, []);
  await run.address;
  run.child.kill('SIGKILL');
  await run.exit;
  await noProcessWith(run.tmp);
  assert.deepEqual(readdirSync(run.tmp), []);
});

test('a broker that dies by itself is reported with its log, exit 1', async (t) => {
  const run = millraceKafka(t, []);
  await run.address;
  const java = processesWith(run.tmp).find((line) => line.includes('kafka.Kafka') && !line.includes('/bin/sh'));
  process.kill(Number.parseInt(java ?? '', 10), 'SIGKILL');
  assert.deepEqual(await run.exit, { code: 1, signal: null });
  assert.match(run.stderr(), /millrace: Kafka ended by itself \(SIGKILL\)/);
  assert.deepEqual(readdirSync(run.tmp), []);
});

test('without Java the command says what to install', async (t) => {
  const run = millraceKafka(t, [], { JAVA_HOME: '/nonexistent' });
  assert.deepEqual(await run.exit, { code: 1, signal: null });
  assert.match(run.stderr(), /needs Java .*\n.*install a Java runtime, 17 or newer.*KAFKA_BROKER/);
});

test('KAFKA_HOME’s install runs, with listeners that ask for a password', async (t) => {
  const home = scratch(t);
  mkdirSync(join(home, 'libs'));
  const cached = join(cacheFolder(process.env), 'kafka-4.1.1');
  if (!existsSync(cached))
    return t.skip('the run uses a broker from outside; there are no jars to make a KAFKA_HOME of');
  for (const jar of readdirSync(cached)) symlinkSync(join(cached, jar), join(home, 'libs', jar));
  const kafka = await startEmbeddedKafka({
    env: { ...process.env, KAFKA_HOME: home, MILLRACE_CACHE: '/nonexistent' },
    listeners: [{ name: 'SECURE', protocol: 'SASL_PLAINTEXT' }],
    scramUsers: [{ mechanism: 'SCRAM-SHA-256', name: 'alice', password: 'wonder land' }],
    properties: {
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
      'listener.name.secure.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    },
  });
  t.after(() => kafka.stop());
  const login = async (password: string) => {
    const admin = new Admin({
      clientId: 'millrace-test',
      bootstrapBrokers: [kafka.listener('SECURE')],
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password },
      retries: 0,
    });
    try {
      return await admin.listTopics();
    } finally {
      await admin.close();
    }
  };
  assert.deepEqual(await login('wonder land'), []);
  await assert.rejects(login('wrong'));
});

test('a broker that cannot start is reported at once, with the end of its log', async () => {
  const started = performance.now();
  await assert.rejects(
    startEmbeddedKafka({ properties: { 'num.io.threads': 'many' } }),
    withCode('KAFKA_FAILED', /Kafka ended while it started \(exit code 1\)\n(.*\n)*.*num\.io\.threads/),
  );
  assert.ok(performance.now() - started < 50_000, 'it was not waited for until its time was over');
});
