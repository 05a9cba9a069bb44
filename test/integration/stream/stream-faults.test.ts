// Failures that hold records up, on real Kafka: what waits for them and what does not.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import {
  committedOffsets,
  createTopic,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
  withAdmin,
  type ReadRecord,
} from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { persist } from '../../persist.ts';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

async function setUp(context: TestContext, partitions: number, behave: (call: ModelCall) => Behaviour) {
  const topics = { bootstrap, input: uniqueTopic('faults-in'), output: uniqueTopic('faults-out') };
  await createTopic(bootstrap, topics.input, partitions);
  const model = await new ModelServer(behave).start();
  context.after(() => model.stop());
  const start = (env: Readonly<Record<string, string>> = {}) => {
    const stream = startTestStream({ ...topics, modelPort: model.port, env });
    context.after(() => stream.close(0));
    return stream;
  };
  return { ...topics, errors: `${topics.output}-errors`, model, start };
}

const header = (record: ReadRecord | undefined, name: string) => record?.headers.find(([found]) => found === name)?.[1];

test('a partition whose records all wait for their next attempt does not hold up another, and stays within its share', async (context) => {
  const { input, output, start } = await setUp(context, 2, ({ body }) => {
    return body.toString() === 'bad' ? { status: 429, headers: { 'retry-after': '60' } } : { body };
  });
  const bad = Array.from({ length: 2_000 }, (_, id) => ({ key: `bad-${id}`, value: 'bad', partition: 0 }));
  await produceRecords(bootstrap, input, bad);
  const stream = start({ KAFKA_WORKERS: '8', KAFKA_RETRIES: '1000' });
  await until('the share of the first is full', () => stream.pipeline.status().retryingRecords >= 490);
  await until('nothing of it is under way', () => stream.pipeline.status().inFlightRecords === 0);
  const good = Array.from({ length: 1_000 }, (_, id) => ({ key: `good-${id}`, value: `${id}`, partition: 1 }));
  await produceRecords(bootstrap, input, good);
  assert.equal((await readAll(bootstrap, output, { until: 1_000 })).length, 1_000);
  const { openRecords, retryingRecords } = stream.pipeline.status();
  assert.ok(openRecords <= 1_000 && retryingRecords < 600, `${openRecords} open, ${retryingRecords} of them retrying`);
  await until('the second is committed', async () => {
    return (await committedOffsets(bootstrap, stream.group, input)).get(1) === 1_000n;
  });
  assert.equal((await committedOffsets(bootstrap, stream.group, input)).get(0) ?? 0n, 0n);
});

test('the deadline ends a call that hangs, and its error record says so', async (context) => {
  const { input, errors, start } = await setUp(context, 1, ({ body }) =>
    body.toString() === 'hang' ? 'hang' : { body },
  );
  const stream = start({ KAFKA_DEADLINE_MS: '1500' });
  await produceRecords(bootstrap, input, [
    { key: 'k', value: 'hang' },
    { key: 'k', value: 'next' },
  ]);
  const [record] = await readAll(bootstrap, errors, { until: 1 });
  assert.deepEqual(
    ['code', 'node', 'attempts'].map((name) => header(record, `millrace-error-${name}`)),
    ['DEADLINE', 'classifier', '1'],
  );
  assert.match(header(record, 'millrace-error-message') ?? '', /its 1500 ms \(KAFKA_DEADLINE_MS\) are over/);
  await until('all is committed', async () => (await committedOffsets(bootstrap, stream.group, input)).get(0) === 2n);
});

test('an error topic that cannot be written holds its records up and loses none; results go on', async (context) => {
  const { input, output, errors, start } = await setUp(context, 3, ({ body }) => {
    return body.toString().startsWith('bad') ? { status: 400 } : { body };
  });
  const stream = start();
  await until('it has joined', () => stream.pipeline.status().joined);
  await withAdmin(bootstrap, (admin) => admin.deleteTopics({ topics: [errors] }));
  await produceRecords(bootstrap, input, [
    { key: 'a', value: 'bad-0', partition: 0 },
    { key: 'b', value: 'good-0', partition: 0 },
    { key: 'c', value: 'good-1', partition: 1 },
  ]);
  assert.equal((await readAll(bootstrap, output, { until: 2 })).length, 2);
  await until('it says so', () => stream.pipeline.status().brokerTroubles.some(({ role }) => role === 'produce'));
  await until('it names the place', () => {
    const { slowestWrite } = stream.pipeline.status();
    return slowestWrite?.topic === errors && slowestWrite.partition === 0;
  });
  const { brokerTroubles } = stream.pipeline.status();
  assert.match(
    brokerTroubles.map(({ error }) => error).join(),
    new RegExp(`${errors}' has no leader or does not exist|UNKNOWN_TOPIC`),
  );
  const committed = () => committedOffsets(bootstrap, stream.group, input);
  await until('the other partition is committed', async () => (await committed()).get(1) === 1n);
  assert.equal((await committed()).get(0) ?? 0n, 0n, 'nothing above the record that is not stored');
  await createTopic(bootstrap, errors, 3);
  await until('all is committed', async () => (await committed()).get(0) === 2n);
  await stream.close();
  const {
    inputs,
    results,
    errors: failed,
    lost,
    duplicated,
  } = await checkStream({ bootstrap, input, output, group: stream.group });
  assert.deepEqual(
    { inputs, results, failed, lost, duplicated },
    { inputs: 3, results: 2, failed: 1, lost: [], duplicated: [] },
  );
});

test('output and error topic are made with the partitions of the input', async (context) => {
  const { input, output, errors, start } = await setUp(context, 5, ({ body }) => ({ body }));
  const stream = start();
  await until('it has joined', () => stream.pipeline.status().joined);
  const ask = () =>
    withAdmin(bootstrap, (admin) => admin.metadata({ topics: [input, output, errors], forceUpdate: true }));
  const { topics } = await persist(ask);
  assert.deepEqual(
    [...topics.values()].map(({ partitionsCount }) => partitionsCount),
    [5, 5, 5],
  );
});
