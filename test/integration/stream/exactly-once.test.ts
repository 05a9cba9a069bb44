// Delivery `exactly-once` against a real broker: what a reader of committed records sees, after each kind of trouble.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import {
  committedOffsets,
  committedTotal,
  createTopic,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
} from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const EXACTLY_ONCE = { KAFKA_DELIVERY: 'exactly-once', KAFKA_TRANSACTION_TIMEOUT_MS: '2000' };

async function setUp(context: TestContext, partitions: number, behave?: (call: ModelCall) => Behaviour) {
  const topics = { bootstrap, input: uniqueTopic('once-in'), output: uniqueTopic('once-out') };
  // The name that a process gives itself, for streams in this one too.
  const group = groupOf(topics.input);
  await createTopic(bootstrap, topics.input, partitions);
  const model = await new ModelServer(behave ?? (({ body }) => ({ body, delayMs: body.length % 7 }))).start();
  context.after(() => model.stop());
  const start = (env: Readonly<Record<string, string>> = {}) => {
    const stream = startTestStream({ ...topics, group, modelPort: model.port, env: { ...EXACTLY_ONCE, ...env } });
    context.after(() => stream.close(0));
    return stream;
  };
  const processOf = async (env: Readonly<Record<string, string>>) => {
    const all = { ...EXACTLY_ONCE, ...env };
    const millrace = await MillraceProcess.start({ ...topics, modelPort: model.port, env: all });
    context.after(() => millrace.end('SIGKILL'));
    return millrace;
  };
  const committed = () => committedTotal(bootstrap, group, topics.input);
  const check = async (ordered = true) => {
    const { inputs, results, errors, lost, duplicated, foreign, outOfOrder, ahead, uncommitted } = await checkStream({
      ...topics,
      group,
      readCommitted: true,
    });
    assert.deepEqual(
      { lost, duplicated, foreign, outOfOrder: ordered ? outOfOrder : [], ahead, uncommitted },
      { lost: [], duplicated: [], foreign: [], outOfOrder: [], ahead: [], uncommitted: [] },
    );
    return { inputs, results, errors };
  };
  return { topics, group, model, start, processOf, committed, check };
}

const requests = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const id = from + index;
    return { key: `key-${id % 40}`, value: `request ${id}${'.'.repeat(id % 50)}` };
  });

test('members come and go in each order mode, and every input is seen once', async (context) => {
  const run = async (order: string) => {
    const { topics, start, committed, check } = await setUp(context, 4);
    await produceRecords(bootstrap, topics.input, requests(0, 800));
    const env = { KAFKA_ORDER: order, KAFKA_WORKERS: '16' };
    const first = start(env);
    await until('the first is at work', async () => (await committed()) > 100);
    const second = start(env);
    const held = () => [first, second].map(({ pipeline }) => pipeline.status().partitions.length);
    await until('they share', () => String(held()) === '2,2');
    await produceRecords(bootstrap, topics.input, requests(800, 700));
    await until('they go on', async () => (await committed()) > 900);
    await second.close();
    await until('all is committed', async () => (await committed()) === 1_500);
    await first.close();
    assert.deepEqual(await check(order !== 'unordered'), { inputs: 1_500, results: 1_500, errors: 0 });
  };
  await Promise.all(['key', 'unordered', 'partition'].map(run));
});

test('one record that is retried for long keeps no other back, and none of them is done again after it', async (context) => {
  let healthy = false;
  const { topics, model, start, committed, check } = await setUp(context, 1, ({ body }) =>
    String(body).startsWith('request 3.') && !healthy ? { status: 500 } : { body },
  );
  await produceRecords(bootstrap, topics.input, requests(0, 500));
  const env = { KAFKA_RETRIES: '1000', KAFKA_RETRY_BACKOFF_MS: '10' };
  const seen = async () => (await readAll(bootstrap, topics.output, { readCommitted: true })).length;
  const first = start(env);
  // The record's own key waits for it: 13 of 500 have it.
  await until('all others are seen', async () => (await seen()) === 487);
  await until('what is below it is committed', async () => (await committed()) === 3);
  await first.close(0);
  const called = model.calls;
  healthy = true;
  const second = start(env);
  await until('all is committed', async () => (await committed()) === 500);
  await second.close();
  assert.equal(model.calls - called, 13, 'what was seen is not asked for again');
  assert.deepEqual(await check(), { inputs: 500, results: 500, errors: 0 });
});

test('what the output topic refuses, what fails and what is only counted leaves with the offsets too', async (context) => {
  const { topics, start, committed, check } = await setUp(context, 1, ({ body }) => {
    const said = String(body);
    if (said.startsWith('request 5.')) return { status: 400 };
    return { body: said.startsWith('request 7.') ? Buffer.alloc(1_200_000, 'x') : body };
  });
  await produceRecords(bootstrap, topics.input, requests(0, 20));
  const first = start();
  await until('all is committed', async () => (await committed()) === 20);
  await first.close();
  assert.deepEqual(await check(), { inputs: 20, results: 18, errors: 2 });
  await produceRecords(bootstrap, topics.input, requests(0, 20));
  const second = start({ KAFKA_ERROR_TOPIC: 'none' });
  await until('all is committed', async () => (await committed()) === 40);
  await second.close();
  const results = await readAll(bootstrap, topics.output, { readCommitted: true, settled: true });
  assert.equal(results.length, 36);
});

test('a group that begins at the end of the log finds the same place after a crash', async (context) => {
  const { topics, group, start, committed } = await setUp(context, 2);
  await produceRecords(bootstrap, topics.input, requests(0, 30));
  const first = start({ KAFKA_OFFSET_RESET: 'latest' });
  await until('it is marked', async () => (await committedOffsets(bootstrap, group, topics.input)).size === 2);
  assert.equal(await committed(), 30);
  await first.close(0);
  await produceRecords(bootstrap, topics.input, requests(30, 10));
  const second = start({ KAFKA_OFFSET_RESET: 'latest' });
  await until('all is committed', async () => (await committed()) === 40);
  await second.close();
  assert.equal((await readAll(bootstrap, topics.output, { readCommitted: true, settled: true })).length, 10);
});

test('killed again and again in the middle: every input is seen once', async (context) => {
  let quota = 0;
  const { topics, model, processOf, committed, check } = await setUp(context, 4, ({ body }) =>
    model.calls > quota ? 'hang' : { body, delayMs: body.length % 7 },
  );
  await produceRecords(bootstrap, topics.input, requests(0, 3_000));
  const seen = async () => (await readAll(bootstrap, topics.output, { readCommitted: true })).length;
  const env = { KAFKA_WORKERS: '16', KAFKA_TRANSACTION_INTERVAL_MS: '20' };
  let before = 0;
  for (let kill = 0; kill < 3; kill++) {
    // However late it is killed, it has not come to the end by then.
    quota = model.calls + 500;
    // A name takes its place back at once, and ends what it has left open.
    const millrace = await processOf({ ...env, KAFKA_GROUP_INSTANCE_ID: 'replica-0' });
    await until('it has gone on', async () => (await seen()) > before + 150 + kill * 70);
    assert.equal(await millrace.end('SIGKILL'), 'SIGKILL');
    before = await seen();
    assert.ok(before < 3_000, 'it was killed in the middle');
  }
  quota = Infinity;
  const last = await processOf({ ...env, KAFKA_GROUP_INSTANCE_ID: 'replica-0' });
  await until('all is committed', async () => (await committed()) === 3_000);
  assert.equal(await last.end('SIGTERM'), 0, last.log);
  assert.deepEqual(await check(), { inputs: 3_000, results: 3_000, errors: 0 });
});

test('a process that was stopped for longer than its session brings nothing to light when it goes on', async (context) => {
  // So slow until another has taken over that it cannot come to the end before, on no machine.
  let delayMs = 400;
  const { topics, processOf, committed, check } = await setUp(context, 2, ({ body }) => ({ body, delayMs }));
  await produceRecords(bootstrap, topics.input, requests(0, 1_500));
  const env = { KAFKA_WORKERS: '32', KAFKA_TRANSACTION_INTERVAL_MS: '10' };
  const zombie = await processOf(env);
  await until('it is at work', async () => (await committed()) > 50);
  zombie.signal('SIGSTOP');
  const stopped = await committed();
  const heir = await processOf(env);
  await until('another has its partitions', async () => (await committed()) > stopped + 100);
  delayMs = 10;
  zombie.signal('SIGCONT');
  await until('all is committed', async () => (await committed()) === 1_500);
  await until('it knows', () => /partitions lost/.test(zombie.log));
  assert.deepEqual([await zombie.end('SIGTERM'), await heir.end('SIGTERM')], [0, 0]);
  assert.deepEqual(await check(), { inputs: 1_500, results: 1_500, errors: 0 });
});

// As when a StatefulSet is run twice, or somebody copies a manifest: the newer has the name, and with it the transactional id.
test('two processes of one name: the older ends with 1 and says why, and nothing is lost or seen twice', async (context) => {
  const { topics, processOf, start, committed, check } = await setUp(context, 2, ({ body }) => ({ body, delayMs: 30 }));
  await produceRecords(bootstrap, topics.input, requests(0, 1_000));
  const env = {
    KAFKA_WORKERS: '32',
    KAFKA_TRANSACTION_INTERVAL_MS: '10',
    KAFKA_GROUP_INSTANCE_ID: 'replica-0',
    // In the other protocol it is the newer one that is refused.
    KAFKA_GROUP_PROTOCOL: 'classic',
  };
  const older = await processOf(env);
  await until('the older is at work', async () => (await committed()) > 100);
  const newer = start(env);
  assert.equal(await older.exited, 1, older.log);
  assert.match(older.log, /another process has taken the name KAFKA_GROUP_INSTANCE_ID=replica-0; every replica needs/);
  await until('all is committed', async () => (await committed()) === 1_000, 40_000);
  await newer.close();
  assert.deepEqual(await check(), { inputs: 1_000, results: 1_000, errors: 0 });
});
