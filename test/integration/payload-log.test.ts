// The payload log beside a real stream: receivers that are away or hang must cost it nothing, and Kafka gets Seldon's records.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Registry } from 'prom-client';
import { readOptions } from '../../src/base/options.ts';
import { payloadPassed, type PayloadPassed } from '../../src/graph/channels.ts';
import { connectionOptions } from '../../src/kafka/options.ts';
import { createLogger } from '../../src/telemetry/logs/logger.ts';
import { createRegistry } from '../../src/telemetry/metrics/registry.ts';
import type { PayloadLogTarget } from '../../src/telemetry/payload-log/payload-log-config.ts';
import { startPayloadLog, type PayloadLog } from '../../src/telemetry/payload-log/payload-log.ts';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic, type ReadRecord } from '../broker.ts';
import { ModelServer } from '../stream/model-server.ts';
import { startTestStream, until, type TestStream } from '../stream/test-stream.ts';

const RECORDS = 2_000;
const MAX_EVENTS = 50;
const MAX_BYTES = 1_000_000;

const bootstrap = testBroker();
const model = new ModelServer(({ body }) => ({ body: `re:${body.toString()}` }));
const origin = {
  deploymentName: 'dep',
  namespace: 'ns',
  predictorName: 'p',
  protocol: 'seldon',
  source: 'http://:8000/',
};
let registry: Registry;
let log: PayloadLog | undefined;
let stream: TestStream | undefined;

before(() => model.start());
after(() => model.stop());
afterEach(async () => {
  await stream?.close();
  await log?.close(0);
  [stream, log] = [undefined, undefined];
});

function startLog(target: PayloadLogTarget): PayloadLog {
  registry = createRegistry();
  const logger = createLogger({ level: 'fatal', format: 'json', destination: { write: () => undefined } });
  log = startPayloadLog({ origin, target, maxEvents: MAX_EVENTS, maxBytes: MAX_BYTES }, registry, logger);
  return log;
}

const httpTarget = (url: string) => ({ kind: 'http', urls: [url], defaultUrl: url, connections: 10 }) as const;

function kafkaTarget(topic: string, broker = bootstrap): PayloadLogTarget {
  const { values } = readOptions(connectionOptions, { env: { KAFKA_BROKER: broker } });
  return { kind: 'kafka', connection: values, topic };
}

/** The sum of a metric's samples. */
async function metric(name: string): Promise<number> {
  const found = await registry.getSingleMetric(`millrace_payload_log_${name}`)?.get();
  return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** Streams all records with logging on, watches the queue meanwhile, and returns the results. */
async function streamAll(): Promise<readonly ReadRecord[]> {
  const [input, output] = [uniqueTopic('logged-in'), uniqueTopic('logged-out')];
  await createTopic(bootstrap, input, 2);
  const values = Array.from({ length: RECORDS }, (_, i) => `{"n":${i}}`);
  await produceRecords(
    bootstrap,
    input,
    values.map((value) => ({ value })),
  );
  stream = startTestStream({ bootstrap, input, output, modelPort: model.port, logger: { mode: 'all' } });
  let stored = 0;
  await until('every record has its result', async () => {
    assert.ok((await metric('queue_events')) <= MAX_EVENTS);
    assert.ok((await metric('queue_bytes')) <= MAX_BYTES);
    const { partitions, openRecords } = stream?.pipeline.status() ?? { partitions: [], openRecords: 1 };
    stored = partitions.reduce((sum, { position }) => sum + position, 0);
    return stored >= RECORDS && openRecords === 0;
  });
  await stream.close();
  return readAll(bootstrap, output);
}

function assertComplete(results: readonly ReadRecord[]): void {
  const values = results.map(({ value }) => value?.toString()).sort();
  assert.deepEqual(values, Array.from({ length: RECORDS }, (_, i) => `re:{"n":${i}}`).sort());
}

/** What happened to two events per record is known to the last of them. */
async function assertAccounted(): Promise<void> {
  assert.equal((await metric('sent_total')) + (await metric('dropped_total')), 2 * RECORDS);
  assert.equal(await metric('queue_events'), 0);
}

async function listen(hangs: boolean): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    if (!hangs) request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test('a receiver that hangs: every record has its result, the queue stays in its bounds, drops are counted', async () => {
  const { server, url } = await listen(true);
  const hanging = startLog(httpTarget(url));
  assertComplete(await streamAll());
  await hanging.close(0);
  assert.equal(await metric('sent_total'), 0);
  await assertAccounted();
  server.closeAllConnections();
  server.close();
});

test('a receiver that is not there: the same', async () => {
  const { server, url } = await listen(false);
  server.close();
  await once(server, 'close');
  const absent = startLog(httpTarget(url));
  assertComplete(await streamAll());
  await absent.close(0);
  assert.equal(await metric('sent_total'), 0);
  await assertAccounted();
});

test('brokers that are not there: the same', async () => {
  const { server, url } = await listen(false);
  server.close();
  await once(server, 'close');
  const absent = startLog(kafkaTarget('seldon', new URL(url).host));
  assertComplete(await streamAll());
  await absent.close(0);
  assert.equal(await metric('sent_total'), 0);
  await assertAccounted();
});

const passed = (body: Buffer, changes: Partial<PayloadPassed> = {}): PayloadPassed => ({
  node: 'm',
  logger: { requests: true, responses: true, url: undefined },
  kind: 'request',
  payload: { body, contentType: 'application/json', contentEncoding: '' },
  puid: 'p1',
  traceparent: undefined,
  ...changes,
});

test("a topic that is not there is made, and gets records without a key, with Seldon's headers in their order", async () => {
  const topic = uniqueTopic('payloads');
  const to = startLog(kafkaTarget(topic));
  payloadPassed.publish(passed(Buffer.from('{"in":1}')));
  const packed = { body: gzipSync('{"out":1}'), contentType: 'application/x', contentEncoding: 'gzip' };
  payloadPassed.publish(passed(packed.body, { payload: packed, kind: 'response', node: 'n', puid: 'p2' }));
  payloadPassed.publish(passed(Buffer.from('{"reward":1}'), { kind: 'feedback' }));
  await until('all are stored', async () => (await metric('sent_total')) === 3);
  await to.close(5_000);
  const records = await readAll(bootstrap, topic);
  const told = records.map(({ key, value, headers }) => [
    key,
    value?.toString(),
    headers.map(([name, content]) => `${String(name)}=${String(content)}`),
  ]);
  const tail = ['inferenceservicename=dep', 'namespace=ns', 'endpoint=p', 'protocol=seldon'];
  const start = (type: string, contentType: string, node: string, puid: string) => [
    `type=io.seldon.serving.${type}`,
    `content-type=${contentType}`,
    `modelid=${node}`,
    `requestid=${puid}`,
    ...tail,
  ];
  const expected = [
    [null, '{"in":1}', start('inference.request', 'application/json', 'm', 'p1')],
    [null, '{"out":1}', start('inference.response', 'application/x', 'n', 'p2')],
    [null, '{"reward":1}', start('feedback', 'application/json', 'm', 'p1')],
  ];
  const byValue = (a: readonly unknown[], b: readonly unknown[]) => String(a[1]).localeCompare(String(b[1]));
  assert.deepEqual(told.sort(byValue), expected.sort(byValue));
});

test('what the brokers refuse is dropped and counted, and the others go on', async () => {
  const topic = uniqueTopic('payloads');
  await createTopic(bootstrap, topic, 1, { 'max.message.bytes': '10000' });
  const to = startLog(kafkaTarget(topic));
  payloadPassed.publish(passed(Buffer.alloc(50_000, 'x')));
  payloadPassed.publish(passed(Buffer.from('small')));
  await until('both have ended', async () => (await metric('sent_total')) + (await metric('dropped_total')) === 2);
  await to.close(5_000);
  assert.deepEqual(
    (await readAll(bootstrap, topic)).map(({ value }) => value?.toString()),
    ['small'],
  );
  const dropped = await registry.getSingleMetric('millrace_payload_log_dropped_total')?.get();
  assert.equal(dropped?.values.find(({ labels }) => labels['reason'] === 'refused')?.value, 1);
});

test('a topic that can never be is told by drops, and holds up nothing', async () => {
  const to = startLog(kafkaTarget('no topic!'));
  for (let i = 0; i < 10; i++) payloadPassed.publish(passed(Buffer.from('{}')));
  await until('all have ended', async () => (await metric('dropped_total')) === 10);
  await to.close(5_000);
  const dropped = await registry.getSingleMetric('millrace_payload_log_dropped_total')?.get();
  assert.equal(dropped?.values.find(({ labels }) => labels['reason'] === 'refused')?.value, 10);
});

test('a stream with Seldon-Skip-Logging in a record logs the others only', async () => {
  const [input, output, topic] = [uniqueTopic('skip-in'), uniqueTopic('skip-out'), uniqueTopic('payloads')];
  await createTopic(bootstrap, input, 1);
  await produceRecords(bootstrap, input, [
    { value: '1', headers: { 'Seldon-Puid': 'logged' } },
    { value: '2', headers: { 'seldon-skip-logging': 'TRUE', 'Seldon-Puid': 'skipped' } },
  ]);
  const to = startLog(kafkaTarget(topic));
  stream = startTestStream({ bootstrap, input, output, modelPort: model.port, logger: { mode: 'response' } });
  await until('both have their results', async () => (await readAll(bootstrap, output).catch(() => [])).length === 2);
  await until('one is logged', async () => (await metric('sent_total')) === 1);
  await to.close(5_000);
  const [record, ...others] = await readAll(bootstrap, topic);
  assert.equal(others.length, 0);
  assert.equal(record?.value?.toString(), 're:1');
});
