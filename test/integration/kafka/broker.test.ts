// The tests' own eyes: if these helpers err, the other integration tests prove nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Producer } from '@platformatic/kafka';
import {
  committedOffsets,
  createTopic,
  endOffsets,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
  withAdmin,
} from '../../broker.ts';
import { persist } from '../../persist.ts';

const bootstrap = testBroker();

test('reads back what was produced: keys, nulls, repeated headers, partitions, timestamps', async () => {
  const topic = uniqueTopic('helpers');
  await createTopic(bootstrap, topic, 2);
  await produceRecords(bootstrap, topic, [
    { key: 'a', value: 'one', partition: 1, timestamp: 1_700_000_000_000, headers: [['h', '1'], ['h', '2']] }, // prettier-ignore
    { value: Buffer.from([0, 255]), partition: 0, headers: { name: 'value' } },
    { key: 'a', value: null, partition: 1 },
    { key: '', value: '', partition: 1 },
  ]);
  const records = await readAll(bootstrap, topic);
  assert.deepEqual(
    records.map((record) => [
      record.partition,
      record.offset,
      record.key?.toString(),
      record.value?.toString('latin1'),
    ]),
    [
      [0, 0n, undefined, '\x00\xff'],
      [1, 0n, 'a', 'one'],
      [1, 1n, 'a', undefined],
      [1, 2n, '', ''],
    ],
  );
  assert.deepEqual(records[1]?.headers, [['h', '1'], ['h', '2']]); // prettier-ignore
  assert.equal(records[1]?.timestamp, 1_700_000_000_000n);
  assert.deepEqual(records[0]?.headers, [['name', 'value']]);
});

test('reads more records than one request holds, and from where an earlier batch was cut off', async () => {
  const topic = uniqueTopic('helpers-many');
  await createTopic(bootstrap, topic, 3);
  const value = 'x'.repeat(5_000);
  await produceRecords(
    bootstrap,
    topic,
    Array.from({ length: 3_000 }, (_, i) => ({ key: `key-${i}`, value: `${i}-${value}` })),
  );
  const numbers = (await readAll(bootstrap, topic)).map((record) => Number.parseInt(String(record.value), 10));
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 3_000 }, (_, i) => i),
  );
});

test('waits for records that are still to come, and says so when they do not', async () => {
  const topic = uniqueTopic('helpers-wait');
  await createTopic(bootstrap, topic, 2);
  const reading = readAll(bootstrap, topic, { until: 2 });
  await produceRecords(bootstrap, topic, [{ value: 'a', partition: 0 }]);
  await produceRecords(bootstrap, topic, [{ value: 'b', partition: 1 }]);
  assert.deepEqual((await reading).map((record) => String(record.value)), ['a', 'b']); // prettier-ignore
  await assert.rejects(readAll(bootstrap, topic, { until: 3, timeoutMs: 2_000 }), /read 2 records .* not 3/);
});

test('a committed reader sees committed transactions only', async () => {
  const topic = uniqueTopic('helpers-transactions');
  await createTopic(bootstrap, topic);
  const producer = new Producer({
    clientId: 'millrace-test',
    bootstrapBrokers: [bootstrap],
    retries: 40,
    retryDelay: 50,
    idempotent: true,
    transactionalId: uniqueTopic('transaction'),
  });
  const send = async (value: string) => {
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }] });
    return transaction;
  };
  try {
    await (await send('committed-1')).commit();
    await (await send('aborted')).abort();
    await (await send('committed-2')).commit();
    const open = await send('open');
    const values = async (readCommitted: boolean) =>
      (await readAll(bootstrap, topic, { readCommitted })).map((record) => String(record.value));
    assert.deepEqual(await values(true), ['committed-1', 'committed-2']);
    assert.deepEqual(await values(false), ['committed-1', 'aborted', 'committed-2', 'open']);
    assert.deepEqual(await endOffsets(bootstrap, topic, true), new Map([[0, 6n]]));
    assert.deepEqual(await endOffsets(bootstrap, topic), new Map([[0, 7n]]));
    await open.commit();
    // The broker has promised the commit; its mark in the log comes a moment later.
    const committed = await readAll(bootstrap, topic, { readCommitted: true, until: 3 });
    assert.deepEqual(committed.map((record) => String(record.value)), ['committed-1', 'committed-2', 'open']); // prettier-ignore
  } finally {
    await producer.close();
  }
});

test('committed offsets of a group, and none of a group that has committed nothing', async () => {
  const topic = uniqueTopic('helpers-offsets');
  const group = uniqueTopic('group');
  await createTopic(bootstrap, topic, 2);
  assert.deepEqual(await committedOffsets(bootstrap, group, topic), new Map());
  const offsets = { groupId: group, topics: [{ name: topic, partitionOffsets: [{ partition: 1, offset: 7n }] }] };
  await persist(() => withAdmin(bootstrap, (admin) => admin.alterConsumerGroupOffsets(offsets)));
  assert.deepEqual(await committedOffsets(bootstrap, group, topic), new Map([[1, 7n]]));
});
