// `millrace redrive` as a user starts it, looked at through the broker.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  committedOffsets,
  createTopic,
  endOffsets,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
  type TestRecord,
} from '../../broker.ts';
import { millrace, startMillrace } from '../../millrace.ts';

const broker = testBroker();
const env = { KAFKA_BROKER: broker };
const folder = mkdtempSync(join(tmpdir(), 'millrace-redrive-'));
test.after(() => rmSync(folder, { recursive: true }));

interface Topics {
  readonly input: string;
  readonly errors: string;
}

async function topics(partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<Topics> {
  const input = uniqueTopic('redrive-in');
  const errors = `${input}-errors`;
  await createTopic(broker, input, partitions, config);
  await createTopic(broker, errors, partitions);
  return { input, errors };
}

interface Failed {
  readonly input: string;
  readonly value: string | null;
  readonly code?: string;
  readonly node?: string;
  readonly status?: string;
  readonly time?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly key?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly leftOut?: string;
}

/** An error record as the stream writes it. */
function failed(one: Failed): TestRecord {
  const { partition = 0, offset = 0, headers = [], leftOut } = one;
  return {
    key: one.key ?? null,
    value: one.value,
    partition,
    headers: [
      ...headers,
      ['millrace-error-code', one.code ?? 'MODEL_TIMEOUT'],
      ['millrace-error-message', 'what went wrong'],
      ['millrace-error-node', one.node ?? 'classifier'],
      ['millrace-error-attempts', '5'],
      ['millrace-error-status', one.status ?? ''],
      ['millrace-error-response', ''],
      ['millrace-error-time', one.time ?? '2026-01-01T00:00:00.000Z'],
      ['millrace-source', `${one.input}/${partition}/${offset}`],
      ...(leftOut === undefined ? [] : ([['millrace-error-value-left-out', leftOut]] as const)),
    ],
  };
}

const redrive = async (...args: string[]) => millrace(['redrive', ...args], { env });
const visible = async (topic: string) => readAll(broker, topic, { readCommitted: true, settled: true });
const values = async (topic: string) => (await visible(topic)).map(({ value }) => String(value));

test('what is sent is the request, in its partition and order, and a second run sends nothing', async () => {
  const { input, errors } = await topics(3);
  const own = [['a', '1'], ['millrace-source', 'upstream/0/7'], ['a', '2']] as const; // prettier-ignore
  const records = Array.from({ length: 300 }, (_, n) =>
    failed({ input, value: `v${n}`, key: `k${n % 5}`, partition: n % 3, offset: n, headers: own }),
  );
  await produceRecords(broker, errors, records);
  const ended = await redrive('--from-topic', errors);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /^300 records matched, 300 redriven, 0 skipped, in [\d.]+ s \([\d,]+\/s\)\n$/);
  const sent = await visible(input);
  assert.equal(sent.length, 300);
  for (const partition of [0, 1, 2]) {
    const got = sent.filter((record) => record.partition === partition);
    const wanted = records.filter((record) => record.partition === partition);
    assert.deepEqual(got.map(({ key, value }) => [String(key), String(value)]), wanted.map(({ key, value }) => [key, value])); // prettier-ignore
  }
  for (const { headers } of sent) assert.deepEqual(headers, own);

  const again = await redrive('--from-topic', errors);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /^0 records matched, 0 redriven, 0 skipped/);
  assert.equal((await visible(input)).length, 300);
  const group = await committedOffsets(broker, `millrace-redrive.${errors}`, errors);
  assert.deepEqual(new Map(group), new Map([0, 1, 2].map((partition) => [partition, 100n])));

  // What fails again comes again; a new group begins from the start.
  await produceRecords(broker, errors, [failed({ input, value: 'again', partition: 1 })]);
  assert.match((await redrive('--from-topic', errors)).stdout, /^1 record matched, 1 redriven/);
  assert.match((await redrive('--from-topic', errors, '--group', `${errors}.b`)).stdout, /^301 records matched, 301 /);
});

test('filters choose, and no filter sends what another has sent', async () => {
  const { input, errors } = await topics();
  await produceRecords(broker, errors, [
    failed({ input, value: 'timeout', key: 'k' }),
    failed({ input, value: '503', code: 'MODEL_STATUS', status: '503' }),
    failed({ input, value: '400', code: 'MODEL_STATUS', status: '400', node: 'combiner' }),
    failed({ input, value: 'late', time: '2026-01-02T00:00:00.000Z' }),
    { value: 'no error record' },
    failed({ input, value: 'invalid', code: 'REQUEST_INVALID' }),
  ]);
  const run = async (...args: string[]) => {
    const before = (await values(input)).length;
    const ended = await redrive('--from-topic', errors, ...args);
    assert.equal(ended.code, 0, ended.stderr);
    return { sent: (await values(input)).slice(before), stdout: ended.stdout };
  };
  const status = await run('--status', '5xx');
  assert.deepEqual(status.sent, ['503']);
  assert.match(status.stdout, /^1 record matched, 1 redriven, 4 skipped, 1 without the headers of an error record, in/);
  const window = ['--since', '2026-01-01T12:00:00Z', '--until', '2026-01-03'];
  assert.deepEqual((await run(...window)).sent, ['late']);
  assert.deepEqual((await run('--key', 'k', '--code', 'model_timeout')).sent, ['timeout']);
  assert.deepEqual((await run('--key', 'k', '--code', 'MODEL_TIMEOUT')).sent, []);
  const both = await run('--code', 'MODEL_STATUS,MODEL_TIMEOUT', '--node', 'combiner', '--node', 'classifier');
  assert.deepEqual(both.sent, ['400']);
  assert.match(
    both.stdout,
    /^1 record matched, 1 redriven, 1 skipped, 1 without the headers of an error record, 3 redriven before/,
  );
  const rest = await run();
  assert.deepEqual(rest.sent, ['invalid']);
  assert.match(
    rest.stdout,
    /^1 record matched, 1 redriven, 0 skipped, 1 without the headers of an error record, 4 redriven before/,
  );
  assert.deepEqual((await run('--code', 'MODEL_STATUS')).sent, []);
});

test('--max ends early and the next run goes on; --dry-run changes nothing', async () => {
  const { input, errors } = await topics();
  const records = Array.from({ length: 20 }, (_, n) => failed({ input, value: `v${n}`, key: 'k', status: '503' }));
  await produceRecords(broker, errors, records);
  const dry = await redrive('--from-topic', errors, '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /^records {2}code +node +status\n +20 {2}MODEL_TIMEOUT {2}classifier {2}503\n/);
  assert.match(dry.stdout, new RegExp(`^0/0 {2}MODEL_TIMEOUT {2}key k {2}to ${input}/0\n {2}v0$`, 'm'));
  assert.match(dry.stdout, /^dry run: 20 records matched, 20 would be redriven, 0 skipped$/m);
  assert.equal((await endOffsets(broker, input)).get(0), 0n);
  assert.equal((await committedOffsets(broker, `millrace-redrive.${errors}`, errors)).size, 0);

  assert.match((await redrive('--from-topic', errors, '--max', '7')).stdout, /^7 records matched, 7 redriven/);
  assert.equal((await values(input)).length, 7);
  assert.match((await redrive('--from-topic', errors, '--max', '70')).stdout, /^13 records matched, 13 redriven/);
  assert.deepEqual(await values(input), records.map(({ value }) => value)); // prettier-ignore
});

test('another topic can be named; partitions it has not are chosen by the key', async () => {
  const { input, errors } = await topics(4);
  const other = uniqueTopic('redrive-other');
  await createTopic(broker, other, 2);
  const records = Array.from({ length: 8 }, (_, n) => failed({ input, value: `v${n}`, key: 'k', partition: n % 4 }));
  await produceRecords(broker, errors, records);
  const ended = await redrive('--from-topic', errors, '--to-topic', other);
  assert.equal(ended.code, 0, ended.stderr);
  const sent = await visible(other);
  assert.equal(sent.length, 8);
  for (const { value, partition } of sent) {
    const number = Number(String(value).slice(1)) % 4;
    if (number < 2) assert.equal(partition, number);
  }
  assert.equal(new Set(sent.filter(({ value }) => Number(String(value).slice(1)) % 4 >= 2).map((one) => one.partition)).size, 1); // prettier-ignore
});

test('values that were left out are read from the input topic; what cannot be sent is told, and the rest is sent', async () => {
  const { input, errors } = await topics(1, { 'max.message.bytes': '20000' });
  await produceRecords(broker, input, [
    { key: 'k', value: 'x'.repeat(9_000), headers: { h: '1' } },
    { value: 'short' },
  ]);
  await produceRecords(broker, errors, [
    failed({ input, value: null, key: 'k', offset: 0, leftOut: '9000 bytes' }),
    failed({ input, value: null, offset: 1, leftOut: '9000 bytes' }),
    failed({ input, value: null, offset: 99, leftOut: '9000 bytes' }),
    failed({ input, value: 'y'.repeat(30_000), offset: 3 }),
    { value: 'v', headers: { 'millrace-error-code': 'INTERNAL' } },
    failed({ input, value: 'last', offset: 4 }),
  ]);
  const ended = await redrive('--from-topic', errors);
  assert.equal(ended.code, 1);
  assert.match(ended.stdout, /^6 records matched, 2 redriven, 0 skipped, 4 cannot be redriven/);
  for (const line of [
    /^0\/1: .* too large .* is gone$/m,
    /^0\/2: .*gone$/m,
    /^0\/3: .*(?:large|LARGE)/m,
    /^0\/4: .*--to-topic would$/m,
  ]) {
    assert.match(ended.stderr, line);
  }
  const sent = (await visible(input)).slice(2);
  assert.deepEqual(sent.map(({ value }) => String(value)), ['x'.repeat(9_000), 'last']); // prettier-ignore
  assert.deepEqual([String(sent[0]?.key), sent[0]?.headers], ['k', [['h', '1']]]);
});

test('a run that is killed goes on without a loss or a repetition, and --rate holds', async () => {
  const { input, errors } = await topics(2);
  const records = Array.from({ length: 3_000 }, (_, n) => failed({ input, value: `v${n}`, partition: n % 2 }));
  await produceRecords(broker, errors, records);
  const begun = performance.now();
  for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
    const before = (await readAll(broker, input)).length;
    const running = startMillrace(['redrive', '--from-topic', errors, '--rate', '100'], { env });
    await readAll(broker, input, { until: before + 100 });
    running.kill(signal);
    const { code, stdout, stderr } = await running.ended;
    if (signal === 'SIGKILL') continue;
    assert.equal(code, 130, stderr);
    assert.match(stdout, /^\d+ records matched, \d+ redriven/);
    assert.match(stderr, /goes on from here/);
  }
  assert.ok(performance.now() - begun > (1000 * 200) / 100, 'not faster than the rate');
  const last = await redrive('--from-topic', errors);
  assert.equal(last.code, 0, last.stderr);
  const got = await values(input);
  assert.equal(got.length, 3_000);
  assert.equal(new Set(got).size, 3_000);
  for (const partition of [0, 1]) {
    const numbers = got.map((value) => Number(value.slice(1))).filter((n) => n % 2 === partition);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
});

test('of two runs at a time the later one goes on, and the earlier one says so', async () => {
  const { input, errors } = await topics();
  const records = Array.from({ length: 1_000 }, (_, n) => failed({ input, value: `v${n}` }));
  await produceRecords(broker, errors, records);
  const earlier = startMillrace(['redrive', '--from-topic', errors, '--rate', '20'], { env });
  await readAll(broker, input, { until: 10 });
  const later = await redrive('--from-topic', errors, '--code', 'MODEL_TIMEOUT');
  assert.equal(later.code, 0, later.stderr);
  const { code, stderr } = await earlier.ended;
  assert.equal(code, 1);
  assert.match(stderr, /another redrive with group '.*' has begun/);
  const got = await values(input);
  assert.equal(got.length, 1_000);
  assert.equal(new Set(got).size, 1_000);
});

test('the topics of a deployment, and only what came from its input topic', async () => {
  const { input, errors } = await topics();
  const file = join(folder, 'deployment.yaml');
  writeFileSync(
    file,
    `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: mine }
spec:
  serverType: kafka
  predictors:
    - name: main
      graph: { name: classifier, implementation: TENSORFLOW_SERVER, modelUri: 'gs://x' }
      svcOrchSpec:
        env:
          - { name: KAFKA_BROKER, value: '${broker}' }
          - { name: KAFKA_INPUT_TOPIC, value: ${input} }
          - { name: KAFKA_OUTPUT_TOPIC, value: ${input}-out }
          - { name: KAFKA_ERROR_TOPIC, value: ${errors} }
`,
  );
  const records = [failed({ input, value: 'mine' }), failed({ input: 'foreign', value: 'no' }), { value: 'a request' }];
  await produceRecords(broker, errors, records);
  const ended = await millrace(['redrive', '--deployment', file], { env: { KAFKA_BROKER: '' } });
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /^1 record matched, 1 redriven, 1 skipped, 1 without the headers of an error record/);
  assert.deepEqual(await values(input), ['mine']);
});

test('what cannot be done is said with the remedy', async () => {
  const { input, errors } = await topics();
  await produceRecords(broker, errors, [failed({ input: uniqueTopic('gone'), value: 'v' })]);
  const foreign = uniqueTopic('foreign');
  for (const [args, code, message] of [
    [[], 2, /one of --from-topic and --deployment is needed/],
    [['--from-topic', errors, '--deployment', 'x.yaml'], 2, /one of --from-topic and --deployment/],
    [['--from-topic', errors, '--since', 'yesterday'], 2, /--since 'yesterday' is no time\n.*2h/],
    [['--from-topic', errors, '--status', 'bad'], 2, /--status 'BAD' is no status/],
    [['--from-topic', foreign], 1, /topic 'foreign-\w+' does not exist/],
    [['--from-topic', errors], 1, /topic 'gone-\w+' does not exist, and records would go there\n.*--to-topic/],
    [['--from-topic', errors, '--to-topic', errors], 1, /is the error topic itself/],
    [['--from-topic', errors, '--broker', '127.0.0.1:1', '--timeout', '1s'], 1, /gave up on Kafka/],
  ] as const) {
    const ended = await redrive(...args);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
  }
  assert.equal((await values(input)).length, 0);
});
