// Topics that change under a running stream: deleted and made again, and logs whose offsets are not all records.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Producer } from '@platformatic/kafka';
import {
  committedOffsets,
  createTopic,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
  withAdmin,
} from '../../broker.ts';
import { streamGroup } from '../../stream/stream-group.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

async function setUp(context: TestContext) {
  const { topics, group, start } = await streamGroup(context, bootstrap, 'topics', ({ body }) =>
    String(body).startsWith('bad') ? { status: 400, body: Buffer.from('no') } : { body },
  );
  const committed = async () => {
    const offsets = await committedOffsets(bootstrap, group, topics.input);
    return Object.fromEntries([...offsets].map(([partition, offset]) => [partition, Number(offset)]));
  };
  return { topics, start, committed };
}

/** Deletes a topic and makes it again: its name stays, everything else is new. */
async function makeAgain(topic: string, partitions: number): Promise<void> {
  await withAdmin(bootstrap, async (admin) => admin.deleteTopics({ topics: [topic] }));
  await until('it can be made again', () =>
    createTopic(bootstrap, topic, partitions).then(
      () => true,
      () => false,
    ),
  );
}

const values = async (topic: string) => (await readAll(bootstrap, topic)).map(({ value }) => String(value)).sort();
const numbered = (prefix: string, count: number, partitions: number) =>
  Array.from({ length: count }, (_, index) => ({
    key: 'k',
    value: `${prefix}-${index}`,
    partition: index % partitions,
  }));

test('an input topic that is made again while it is read: the new log is read from its begin, whatever KAFKA_OFFSET_RESET', async (context) => {
  const { topics, start, committed } = await setUp(context);
  await createTopic(bootstrap, topics.input, 3);
  const stream = start({ KAFKA_OFFSET_RESET: 'latest' });
  await until('it has joined', () => stream.pipeline.status().partitions.length === 3);
  await produceRecords(bootstrap, topics.input, numbered('old', 30, 3));
  await until('the old is committed', async () => (await committed())[2] === 10);
  await makeAgain(topics.input, 2);
  // More than the old log had: its positions exist in the new one.
  await produceRecords(bootstrap, topics.input, numbered('new', 60, 2));
  await until('the new is committed', async () => String(Object.entries(await committed())) === '0,30,1,30');
  await until('the third partition is given up', () => stream.pipeline.status().partitions.length === 2);
  await until('nothing is left', () => stream.pipeline.status().partitions.every(({ lag }) => lag === 0));
  await stream.close();
  const expected = [...numbered('old', 30, 3), ...numbered('new', 60, 2)].map(({ value }) => value).sort();
  assert.deepEqual(await values(topics.output), expected);
});

test('output and error topics that are made again with fewer partitions while they are written to lose nothing new', async (context) => {
  const { topics, start, committed } = await setUp(context);
  const errors = `${topics.output}-errors`;
  await createTopic(bootstrap, topics.input, 4);
  const stream = start({ KAFKA_PARTITIONER: 'input' });
  await until('it has joined', () => stream.pipeline.status().partitions.length === 4);
  await produceRecords(bootstrap, topics.input, [...numbered('a', 20, 4), ...numbered('bad', 20, 4)]);
  await until('all is committed', async () => String(Object.values(await committed())) === '10,10,10,10');
  await Promise.all([makeAgain(topics.output, 2), makeAgain(errors, 1)]);
  await produceRecords(bootstrap, topics.input, [...numbered('b', 20, 4), ...numbered('bad-again', 20, 4)]);
  await until('all is committed again', async () => String(Object.values(await committed())) === '20,20,20,20');
  await stream.close();
  assert.deepEqual(
    await values(topics.output),
    numbered('b', 20, 4)
      .map(({ value }) => value)
      .sort(),
  );
  assert.equal((await values(errors)).length, 20);
});

test('offsets without records do not hold up the lag: aborted transactions, and logs that end in, or are nothing but, markers', async (context) => {
  const { topics, start, committed } = await setUp(context);
  await createTopic(bootstrap, topics.input, 2);
  const producer = new Producer({
    clientId: 'millrace-test',
    bootstrapBrokers: [bootstrap],
    retries: 40,
    retryDelay: 50,
    idempotent: true,
    transactionalId: uniqueTopic('transaction'),
  });
  context.after(() => producer.close());
  const write = async (
    messages: readonly { readonly partition: number; readonly value: string }[],
    end: 'commit' | 'abort',
  ) => {
    const transaction = await producer.beginTransaction();
    await transaction.send({
      messages: messages.map(({ partition, value }) => ({ topic: topics.input, partition, value: Buffer.from(value) })),
    });
    await transaction[end]();
  };
  await write([{ partition: 0, value: 'one' }], 'commit');
  // Partition 1 never gets a record that can be seen.
  for (const partition of [0, 1]) await write([{ partition, value: 'never' }], 'abort');
  const stream = start();
  await until('everything is passed', async () => String(Object.entries(await committed())) === '0,4,1,2');
  await until('nothing is left', () => stream.pipeline.status().partitions.every(({ lag }) => lag === 0));
  await write([{ partition: 0, value: 'two' }], 'commit');
  await until('what follows is read', async () => (await committed())[0] === 6);
  await stream.close();
  assert.deepEqual(await values(topics.output), ['one', 'two']);
});
