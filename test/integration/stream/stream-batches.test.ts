// Several records in one model call, on real Kafka: each record has its own result, in its own place.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { committedTotal, createTopic, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer, type ModelCall } from '../../stream/model-server.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const RECORDS = 400;
const POISON = 77;

/** Answers row by row with the row plus a half; refuses any call with the poison in it, and fails every ninth call once. */
function rowByRow() {
  let calls = 0;
  const sizes: number[] = [];
  const behave = ({ body }: ModelCall) => {
    const { instances } = JSON.parse(body.toString()) as { instances: [number][] };
    sizes.push(instances.length);
    if (instances.some(([row]) => row === POISON)) return { status: 400, body: Buffer.from('{"error":"bad row"}') };
    if (++calls % 9 === 0) return { status: 503, body: Buffer.from('{"error":"busy"}') };
    const body2 = JSON.stringify({ predictions: instances.map(([row]) => [row + 0.5]) });
    return { body: Buffer.from(body2), delayMs: (calls * 13) % 20 };
  };
  return { sizes, behave };
}

test('records share model calls and nothing else, in every order mode', async (context) => {
  await Promise.all(['key', 'partition', 'unordered'].map((order) => streamInBatches(context, order)));
});

async function streamInBatches(context: TestContext, order: string): Promise<void> {
  const { sizes, behave } = rowByRow();
  const model = await new ModelServer(behave).start();
  context.after(() => model.stop());
  const topics = { bootstrap, input: uniqueTopic('batch-in'), output: uniqueTopic('batch-out') };
  await createTopic(bootstrap, topics.input, 2);
  const requests = Array.from({ length: RECORDS }, (_, id) => ({
    key: `k${id % 25}`,
    value: `{"instances":[[${id}]]}`,
  }));
  await produceRecords(bootstrap, topics.input, requests);
  const millrace = await MillraceProcess.start({
    ...topics,
    modelPort: model.port,
    protocol: 'tensorflow',
    env: { KAFKA_ORDER: order, KAFKA_BATCH_SIZE: '16', KAFKA_BATCH_DELAY_MS: '20', KAFKA_RETRY_BACKOFF_MS: '20' },
  });
  context.after(() => millrace.end('SIGKILL'));
  const group = groupOf(topics.input);
  await until('all committed', async () => (await committedTotal(bootstrap, group, topics.input)) === RECORDS);
  assert.equal(await millrace.end('SIGTERM'), 0);
  const { lost, duplicated, foreign, outOfOrder, results, errors } = await checkStream({ ...topics, group });
  assert.deepEqual({ lost, duplicated, foreign, results, errors }, { lost: [], duplicated: [], foreign: [], results: RECORDS - 1, errors: 1 }); // prettier-ignore
  if (order !== 'unordered') assert.deepEqual(outOfOrder, []);
  const sources = new Map((await readAll(bootstrap, topics.input)).map((one) => [`${topics.input}/${one.partition}/${one.offset}`, one])); // prettier-ignore
  for (const result of await readAll(bootstrap, topics.output)) {
    const source = result.headers.find(([name]) => name === 'millrace-source')?.[1];
    const asked = JSON.parse(String(sources.get(source ?? '')?.value)) as { instances: [[number]] };
    assert.equal(String(result.value), `{"predictions":[[${asked.instances[0][0] + 0.5}]]}`);
  }
  const [failed] = await readAll(bootstrap, `${topics.output}-errors`);
  assert.equal(String(failed?.value), `{"instances":[[${POISON}]]}`);
  assert.ok(
    sizes.some((size) => size > 8),
    `no call had more than ${Math.max(...sizes)} rows`,
  );
  assert.ok(Math.max(...sizes) <= 16);
}
