// Models that are slow, away or stuck, on real Kafka: order, waiting, bounds, ends.
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
import { brokenPromises } from '../../checker/verdict.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { startTestStream, until, type TestStream } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

/** Delays that differ from request to request, the same in every run. */
function slowly({ body }: { readonly body: Buffer }) {
  const id = Number(/\d+/.exec(body.toString())?.[0] ?? 0);
  return { body, delayMs: (id * 7919) % 60 };
}

const requests = (count: number, keys: number) =>
  Array.from({ length: count }, (_, id) => ({ key: `key-${id % keys}`, value: `${id}` }));

/** Topics, a model, and streams between them, which end with the test however it ends. */
async function setUp(
  context: TestContext,
  partitions: number,
  behave: (call: ModelCall) => Behaviour = ({ body }) => ({ body }),
) {
  const topics = { bootstrap, input: uniqueTopic('models-in'), output: uniqueTopic('models-out') };
  await createTopic(bootstrap, topics.input, partitions);
  const model = await new ModelServer(behave).start();
  context.after(() => model.stop());
  const start = (
    env: Readonly<Record<string, string>> = {},
    group = uniqueTopic('group'),
    fullHealthChecks = false,
  ) => {
    const stream = startTestStream({ ...topics, modelPort: model.port, env, group, fullHealthChecks });
    context.after(() => stream.close(0));
    return stream;
  };
  return { topics, model, start };
}

interface Topics {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
}

async function finished(topics: Topics, stream: TestStream, count: number): Promise<void> {
  const committed = () => committedTotal(bootstrap, stream.group, topics.input);
  await until(`${count} committed`, async () => (await committed()) >= count);
}

async function assertClean(topics: Topics, group: string, inputs: number): Promise<void> {
  const report = await checkStream({ ...topics, group });
  assert.deepEqual([report.inputs, report.results, report.errors], [inputs, inputs, 0]);
  assert.deepEqual(brokenPromises(report, 'exactly-once'), []);
}

test('results of a key keep its order while answers overtake each other, and keys run side by side', async (context) => {
  const { topics, model, start } = await setUp(context, 3, slowly);
  await produceRecords(bootstrap, topics.input, requests(600, 10));
  const stream = start({ KAFKA_WORKERS: '20' });
  await finished(topics, stream, 600);
  await stream.close();
  await assertClean(topics, stream.group, 600);
  assert.ok(model.mostAtOnce > 10, 'they ran side by side');
  assert.ok(model.mostAtOnce <= 20, `${model.mostAtOnce} at once, and 20 workers`);
});

test("'partition' keeps all of a partition in order, 'unordered' lets the quick ones pass", async (context) => {
  for (const order of ['partition', 'unordered']) {
    const { topics, start } = await setUp(context, 1, slowly);
    await produceRecords(bootstrap, topics.input, requests(200, 200));
    const stream = start({ KAFKA_ORDER: order });
    await finished(topics, stream, 200);
    await stream.close();
    const report = await checkStream({ ...topics, group: stream.group });
    assert.deepEqual([report.lost, report.duplicated, report.uncommitted], [[], [], []]);
    const values = (await readAll(bootstrap, topics.output)).map(({ value }) => Number(value));
    const inOrder = values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
    assert.equal(inOrder, order === 'partition', order);
  }
});

test('a model that is down at the start and in the middle is waited for; nothing is burnt', async (context) => {
  const { topics, model, start } = await setUp(context, 2, slowly);
  await model.stop();
  await produceRecords(bootstrap, topics.input, requests(100, 10));
  const stream = start({ KAFKA_RETRIES: '4' });
  await until('it waits for the model', () => stream.pipeline.status().waitingForModel !== undefined);
  await model.start();
  await finished(topics, stream, 100);
  await produceRecords(bootstrap, topics.input, requests(400, 10));
  await until('some were answered', () => model.calls > 150);
  await model.stop();
  await until('it waits again', () => stream.pipeline.status().waitingForModel !== undefined);
  // The calls that were under way end one after the other.
  await until('nothing is at a model that is away', () => stream.pipeline.status().inFlightRecords === 0);
  await model.start();
  await finished(topics, stream, 500);
  assert.equal(stream.pipeline.status().waitingForModel, undefined);
  await stream.close();
  await assertClean(topics, stream.group, 500);
});

test('a model that says 503 while its own check fails is waited for, however often it says so', async (context) => {
  let loading = true;
  const { topics, model, start } = await setUp(context, 2, ({ body, url }) => {
    if (url.includes('health')) return { status: loading ? 503 : 200, body: 'state' };
    return loading ? { status: 503, body: 'loading' } : { body };
  });
  await produceRecords(bootstrap, topics.input, requests(50, 10));
  const stream = start({ KAFKA_RETRIES: '1', KAFKA_RETRY_BACKOFF_MS: '5' }, uniqueTopic('group'), true);
  await until('it waits for the model', () => stream.pipeline.status().waitingForModel !== undefined);
  assert.ok(model.calls > 0);
  loading = false;
  await finished(topics, stream, 50);
  await stream.close();
  await assertClean(topics, stream.group, 50);
});

test('a key whose requests hang holds up no other key', async (context) => {
  const { topics, model, start } = await setUp(context, 1, ({ body }) => {
    return body.toString() === 'stuck' ? 'hang' : { body };
  });
  await produceRecords(bootstrap, topics.input, [{ key: 'stuck', value: 'stuck' }, ...requests(500, 50)]);
  const stream = start({ KAFKA_WORKERS: '4' });
  assert.equal((await readAll(bootstrap, topics.output, { until: 500 })).length, 500);
  assert.equal((await committedOffsets(bootstrap, stream.group, topics.input)).get(0) ?? 0n, 0n);
  // Freed from its model it goes on, and what was held back is committed at once.
  model.behave = ({ body }) => ({ body });
  await model.stop();
  await model.start();
  await finished(topics, stream, 501);
  await stream.close();
  await assertClean(topics, stream.group, 501);
});

test('an end within the limit does not wait for retries, and commits what is done', async (context) => {
  const { topics, model, start } = await setUp(context, 1, ({ body }) => {
    return body.toString().startsWith('bad') ? { status: 503, delayMs: 300 } : { body };
  });
  await produceRecords(bootstrap, topics.input, [
    ...requests(50, 50),
    ...Array.from({ length: 5 }, (_, id) => ({ key: 'bad', value: `bad ${id}` })),
  ]);
  const stream = start({ KAFKA_RETRY_BACKOFF_MS: '60000' });
  await until('the bad ones were tried', () => model.calls >= 55);
  await until('the good ones are done', async () => (await readAll(bootstrap, topics.output)).length === 50);
  const begun = performance.now();
  await stream.close(100_000);
  assert.ok(performance.now() - begun < 50_000, 'a failed attempt ends the drain as an answer does');
  assert.deepEqual(await committedOffsets(bootstrap, stream.group, topics.input), new Map([[0, 50n]]));
});

test('a model that answers after the end disturbs nobody, and its records are done again', async (context) => {
  const answering = Promise.withResolvers<void>();
  const { topics, model, start } = await setUp(context, 1, ({ body }) => ({ body, after: answering.promise }));
  await produceRecords(bootstrap, topics.input, requests(10, 10));
  const stream = start();
  await until('all are at the model', () => model.atOnce === 10);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  await stream.pipeline.close(50);
  await stream.ended;
  answering.resolve();
  await until('the answers are given', () => model.atOnce === 0);
  await until('they had their effect', () => new Promise((resolve) => setTimeout(resolve, 100, true)));
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
  assert.equal((await readAll(bootstrap, topics.output)).length, 0);
  const next = start({}, stream.group);
  await finished(topics, next, 10);
  await next.close();
  await stream.close();
  await assertClean(topics, stream.group, 10);
});

test('a slow model and a large backlog: what is read stays within its limits', async (context) => {
  const { topics, model, start } = await setUp(context, 2, ({ body }) => ({ body: body.subarray(0, 10), delayMs: 20 }));
  const value = Buffer.alloc(50_000, 'x');
  // A batch of the test's producer must stay below what the broker takes.
  for (let from = 0; from < 1_000; from += 20) {
    const batch = Array.from({ length: 20 }, (_, id) => ({ key: `k${(from + id) % 100}`, value }));
    await produceRecords(bootstrap, topics.input, batch);
  }
  const limit = 2 * 1024 * 1024;
  const stream = start({ KAFKA_WORKERS: '16', KAFKA_IN_FLIGHT_BYTES: String(limit) });
  let [open, waiting] = [0, 0];
  await until('all are done', () => {
    const status = stream.pipeline.status();
    open = Math.max(open, status.openBytes);
    waiting = Math.max(waiting, status.waitingBytes);
    return model.calls >= 1_000;
  });
  await finished(topics, stream, 1_000);
  await stream.close();
  assert.ok(open <= limit, `${open} bytes open`);
  // Reading pauses at the limit; what was asked for by then, 1 MiB of each partition, still comes.
  assert.ok(waiting <= limit + 3 * 1024 * 1024, `${waiting} bytes wait`);
  assert.ok(waiting > 0);
});
