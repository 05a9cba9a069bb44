// The transactional writer against a real broker: what readers of committed records see, and what a group remembers.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Consumer } from '@platformatic/kafka';
import { readOptions } from '../../../src/base/options.ts';
import { startEmbeddedKafka } from '../../../src/dev/kafka/embedded-kafka.ts';
import { Cluster } from '../../../src/kafka/cluster/cluster.ts';
import { connectionOptions } from '../../../src/kafka/options.ts';
import { committedOffsets as offsetsOf } from '../../../src/kafka/transaction/committed-offsets.ts';
import type { Transaction } from '../../../src/kafka/transaction/transaction.ts';
import { TransactionLink } from '../../../src/kafka/transaction/transaction-link.ts';
import { TransactionalWriter, type WriterSettings } from '../../../src/kafka/transaction/transactional-writer.ts';
import { committedOffsets, createTopic, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { millrace, startMillrace } from '../../millrace.ts';
import { PATIENCE_MS } from '../../persist.ts';
import { until } from '../../stream/test-stream.ts';

function connect(context: TestContext, bootstrap: string): Cluster {
  const { values } = readOptions(connectionOptions, { env: { KAFKA_BROKER: bootstrap } });
  const cluster = new Cluster(values);
  context.after(async () => cluster.close());
  return cluster;
}

async function setUp(context: TestContext, partitions = 2) {
  const bootstrap = testBroker();
  const topic = uniqueTopic('transactions');
  await createTopic(bootstrap, topic, partitions);
  const cluster = connect(context, bootstrap);
  const settings = { transactionalId: topic, transactionTimeoutMs: 20_000, limitMs: 20_000 };
  const writer = async (change: Partial<WriterSettings> = {}) => {
    const opened = new TransactionalWriter(cluster, { ...settings, ...change });
    await opened.open();
    return opened;
  };
  const refused: string[] = [];
  const send = (transaction: Transaction, value: string, partition = 0) =>
    transaction.send({
      topic,
      partition,
      key: null,
      value: Buffer.from(value),
      headers: [],
      sizeBytes: value.length,
      settled: (error) => void (error && refused.push(value.slice(0, 10))),
    });
  const addOffset = async (transaction: Transaction, offset: number, group = topic) =>
    transaction.addOffsets({ group, place: undefined, topic, offsets: [{ partition: 0, offset, metadata: 'note' }] });
  /** What readers of committed records see; of an open transaction they see nothing, nor what follows it. */
  const visible = async (open: 'none' | 'one' = 'none') => {
    const records = await readAll(bootstrap, topic, { readCommitted: true, settled: open === 'none' });
    return records.map(({ value }) => String(value));
  };
  return { bootstrap, topic, cluster, writer, refused, send, addOffset, visible };
}

test('records and offsets appear together, or not at all', async (context) => {
  const { bootstrap, topic, writer, send, addOffset, visible } = await setUp(context);
  const one = await writer();
  for (const round of [1, 2, 3]) {
    const transaction = one.begin();
    send(transaction, `a${round}`);
    send(transaction, `b${round}`, 1);
    await transaction.flush();
    send(transaction, `c${round}`);
    await addOffset(transaction, round * 10);
    if (round === 2) await transaction.abort();
    else await transaction.commit();
    const wanted = round === 3 ? 30n : 10n;
    // Its mark is in the group's log a moment after the promise.
    await until('the offset', async () => (await committedOffsets(bootstrap, topic, topic)).get(0) === wanted);
    await assert.rejects(async () => send(transaction, 'late'), { code: 'TRANSACTION_ENDED' });
  }
  assert.deepEqual(await visible(), ['a1', 'c1', 'a3', 'c3', 'b1', 'b3']);
  assert.equal(
    (await readAll(bootstrap, topic)).length,
    8,
    'what was flushed and aborted is in the log, for other readers',
  );
  const untouched = one.begin();
  await untouched.commit();
  assert.throws(() => (one.begin(), one.begin()), { code: 'TRANSACTION_NOT_BEGUN' });
});

test('a writer that vanished is ended by the next one with its id, whose offsets are certain then', async (context) => {
  const { bootstrap, topic, cluster, writer, send, addOffset, visible } = await setUp(context);
  const first = await writer();
  const kept = first.begin();
  send(kept, 'kept');
  await addOffset(kept, 1);
  await kept.commit();
  const open = first.begin();
  send(open, 'open');
  await addOffset(open, 2);
  await open.flush();
  assert.deepEqual(await visible('one'), ['kept']);

  const second = await writer();
  const found = await offsetsOf(new TransactionLink(cluster, 20_000), topic, topic, [0, 1], true);
  assert.deepEqual([...found], [[0, { offset: 1, metadata: 'note' }]]);
  send(open, 'too late');
  await assert.rejects(open.commit(), { ending: 'fenced' });
  await assert.rejects(open.abort(), { ending: 'fenced' });
  const next = second.begin();
  send(next, 'next');
  await next.commit();
  assert.deepEqual(await visible(), ['kept', 'next']);
  assert.deepEqual((await committedOffsets(bootstrap, topic, topic)).get(0), 1n);
});

test('a transaction that outlives its time-out is ended by the broker, and its writer is told', async (context) => {
  const { writer, send, visible } = await setUp(context);
  const slow = await writer({ transactionTimeoutMs: 1_000 });
  const transaction = slow.begin();
  send(transaction, 'slow');
  await transaction.flush();
  // The broker looks for such transactions every ten seconds.
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let ended: unknown;
  while (ended === undefined && !limit.aborted) {
    send(transaction, 'more');
    await transaction.flush().catch((error: unknown) => (ended = error));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.equal((ended as { ending?: string } | undefined)?.ending, 'fenced');
  assert.deepEqual(await visible(), []);
});

test('a record that is too large is refused alone; the transaction goes on', async (context) => {
  const { writer, refused, send, visible } = await setUp(context);
  const one = await writer();
  const transaction = one.begin();
  for (const value of ['a', 'X'.repeat(1_100_000), 'b']) send(transaction, value);
  await transaction.commit();
  assert.deepEqual([await visible(), refused], [['a', 'b'], ['XXXXXXXXXX']]);
});

test('offsets of a place that the group does not know are revoked, and the writer lives on', async (context) => {
  const { bootstrap, topic, writer, send, visible } = await setUp(context);
  const one = await writer();
  const transaction = one.begin();
  send(transaction, 'revoked');
  const place = { generation: 7, memberId: 'nobody', instanceId: null };
  const offsets = [{ partition: 0, offset: 5 }];
  await assert.rejects(transaction.addOffsets({ group: topic, place, topic, offsets }), { ending: 'revoked' });
  await assert.rejects(transaction.commit(), { ending: 'revoked' }, 'what has failed cannot be committed');
  await transaction.abort();
  const next = one.begin();
  send(next, 'next');
  await next.commit();
  assert.deepEqual(await visible(), ['next']);
  assert.equal((await committedOffsets(bootstrap, topic, topic)).size, 0);
});

test('offsets of a member are taken while the group is as it says', async (context) => {
  const { bootstrap, topic, writer } = await setUp(context);
  const group = `${topic}.group`;
  const consumer = new Consumer({
    clientId: 'millrace-test',
    groupId: group,
    bootstrapBrokers: [bootstrap],
    retries: 20,
  });
  try {
    await consumer.joinGroup({});
    const place = { generation: consumer.generationId, memberId: consumer.memberId ?? '', instanceId: null };
    const one = await writer();
    const add = async (change: Partial<typeof place>, offset: number) => {
      const transaction = one.begin();
      const offsets = [{ partition: 1, offset }];
      try {
        await transaction.addOffsets({ group, place: { ...place, ...change }, topic, offsets });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
    };
    await add({}, 7);
    await assert.rejects(add({ generation: place.generation + 1 }, 8), { ending: 'revoked' });
    await assert.rejects(add({ memberId: 'nobody' }, 9), { ending: 'revoked' });
    const committed = async () => String([...(await committedOffsets(bootstrap, group, topic))]);
    await until('the offset', async () => (await committed()) === '1,7');
  } finally {
    await consumer.close(true);
  }
});

test('a broker that is killed and restarted in the middle: nothing twice, nothing lost', async (context) => {
  const kafka = await startEmbeddedKafka();
  context.after(() => kafka.stop());
  const { bootstrap } = kafka;
  const input = uniqueTopic('restart-in');
  const errors = `${input}-errors`;
  await createTopic(bootstrap, input, 2);
  await createTopic(bootstrap, errors, 2);
  const headers = { 'millrace-error-code': 'MODEL_TIMEOUT', 'millrace-source': `${input}/0/0` };
  const records = Array.from({ length: 4_000 }, (_, n) => ({ value: `v${n}`, partition: n % 2, headers }));
  await produceRecords(bootstrap, errors, records);
  const env = { KAFKA_BROKER: bootstrap };
  const running = startMillrace(['redrive', '--from-topic', errors, '--rate', '800', '--timeout', '50s'], { env });
  await readAll(bootstrap, input, { until: 500 });
  await kafka.kill();
  await kafka.restart();
  await readAll(bootstrap, input, { until: 1_500 });
  await kafka.restart();
  const ended = await running.ended;
  // A transaction that the dead broker had in hand may be given up; then the command says that it can be run again.
  if (ended.code !== 0) assert.match(ended.stderr, /run the same command again/);
  const last = await millrace(['redrive', '--from-topic', errors], { env });
  assert.equal(last.code, 0, last.stderr);
  const got = (await readAll(bootstrap, input, { readCommitted: true, settled: true })).map(({ value }) =>
    String(value),
  );
  assert.equal(got.length, 4_000, ended.stderr);
  assert.equal(new Set(got).size, 4_000);
  const offsets = await committedOffsets(bootstrap, `millrace-redrive.${errors}`, errors);
  assert.deepEqual([offsets.get(0), offsets.get(1)], [2_000n, 2_000n]);
});
