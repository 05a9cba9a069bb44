// The short form of `npm run chaos`: the faults that have broken the most stream processors, two at a time.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Producer } from '@platformatic/kafka';
import { createTopic, uniqueTopic } from '../broker.ts';
import { startArena, type Arena } from '../chaos/arena/arena.ts';
import type { Cell } from '../chaos/cell.ts';
import { violationText } from '../chaos/chaos-table.ts';
import { brokerKill } from '../chaos/faults/brokers.ts';
import { netBlackhole } from '../chaos/faults/network.ts';
import { freeze, kill } from '../chaos/faults/processes.ts';
import { BACKLOG, playCell } from '../chaos/play-cell.ts';
import { PATIENCE_MS } from '../persist.ts';
import { until } from '../stream/test-stream.ts';

const env = {};
let arena: Arena;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  arena = await startArena(() => undefined);
});

after(async () => {
  await arena.stop();
  await rm(folder, { recursive: true, force: true });
});

async function play(...cells: readonly Cell[]): Promise<void> {
  const options = { folder, keepLogs: false, signal: AbortSignal.timeout(800_000), tell: () => undefined };
  const reports = await Promise.all(cells.map(async (cell) => playCell(arena, cell, options)));
  for (const report of reports) {
    assert.deepEqual(report.broken, [], violationText(report));
    assert.ok(report.injected.length > 0 && report.verdict.inputs > BACKLOG);
  }
}

test('the witness reads what is committed, byte for byte, and waits for open transactions', async () => {
  const [topic, bootstrap] = [uniqueTopic('witness'), arena.witness.bootstrap.split(',')];
  await createTopic(arena.witness.bootstrap, topic, 2, { 'message.timestamp.type': 'LogAppendTime' }, 3);
  const client = {
    clientId: 'witness',
    bootstrapBrokers: bootstrap,
    autocreateTopics: false,
    retries: 600,
    retryDelay: 100,
  };
  const plain = new Producer(client);
  const odd = Buffer.from([0, 0xff, 0x0a, 0x2c, 0x3a, 0x20]);
  const headers = new Map([
    [Buffer.from('a:b,c d'), Buffer.from('=,: ')],
    [Buffer.from('empty'), Buffer.alloc(0)],
  ]);
  await plain.send({ messages: [{ topic, partition: 0, key: odd, value: odd, headers }], acks: -1 });
  await plain.send({ messages: [{ topic, partition: 1, value: Buffer.alloc(0) }], acks: -1 });
  await plain.send({ messages: [{ topic, partition: 1 }], acks: -1 });
  await plain.close();
  const writer = new Producer({ ...client, transactionalId: topic, idempotent: true });
  const send = async (transaction: { send: typeof writer.send }, value: string) =>
    transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }], acks: -1 });
  const aborted = await writer.beginTransaction();
  await send(aborted, 'aborted');
  await aborted.abort();
  const committed = await writer.beginTransaction();
  await send(committed, 'committed');
  await committed.commit();
  const read = await arena.witness.read(topic, PATIENCE_MS);
  assert.deepEqual(read.hanging, []);
  assert.deepEqual(
    read.records
      .map(({ partition, offset, key, value }) => [partition, offset, key, value])
      .sort(([a], [b]) => Number(a) - Number(b)),
    [
      [0, 0, odd, odd],
      [0, 3, null, Buffer.from('committed')],
      [1, 0, null, Buffer.alloc(0)],
      [1, 1, null, null],
    ],
  );
  assert.deepEqual(read.records.find(({ key }) => key !== null)?.headers, [
    ['a:b,c d', '=,: '],
    ['empty', ''],
  ]);
  assert.ok(read.records.every(({ timestampMs }) => Math.abs(timestampMs - Date.now()) < 60_000));
  const open = await writer.beginTransaction();
  await send(open, 'open');
  const waiting = await arena.witness.read(topic, 500);
  assert.deepEqual([waiting.hanging, waiting.records.length], [[`${topic}/0`], 4]);
  await open.abort();
  await writer.close();
  // The first question about a group makes its topic, for which brokers may take longer than a question does.
  await until('it says what it does not know', async () =>
    arena.witness.sample('group', 'nosuch', ['nosuch']).then(
      () => assert.fail('a topic that is not there'),
      (error: unknown) => String(error).includes('UnknownTopicOrPartition'),
    ),
  );
});

test('zombies and killed executors', async () => {
  await play(
    { fault: freeze, delivery: 'at-least-once', order: 'key', seed: 1, env },
    { fault: kill, delivery: 'exactly-once', order: 'partition', seed: 2, env },
  );
});

test('a network that swallows packets and a broker that is killed', async () => {
  await play(
    { fault: netBlackhole, delivery: 'exactly-once', order: 'key', seed: 3, env },
    { fault: brokerKill, delivery: 'at-least-once', order: 'unordered', seed: 4, env },
  );
});
