import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { RecordsBatch } from '@platformatic/kafka';
import { visibleBatches } from '../../../../src/kafka/consumer/aborted-transactions.ts';

const TRANSACTIONAL = 0b1_0000;
const CONTROL = 0b10_0000;

function batch(firstOffset: number, producerId: number, attributes: number, records = 1): RecordsBatch {
  return {
    firstOffset: BigInt(firstOffset),
    lastOffsetDelta: records - 1,
    producerId: BigInt(producerId),
    attributes,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    firstTimestamp: 0n,
    maxTimestamp: 0n,
    producerEpoch: 0,
    firstSequence: 0,
    records: [],
  };
}

const plain = (offset: number, producer = -1) => batch(offset, producer, 0);
const inTransaction = (offset: number, producer: number, records = 1) =>
  batch(offset, producer, TRANSACTIONAL, records);
const marker = (offset: number, producer: number) => batch(offset, producer, TRANSACTIONAL | CONTROL);
const aborted = (...list: [producer: number, firstOffset: number][]) =>
  list.map(([producer, first]) => ({ producerId: BigInt(producer), firstOffset: BigInt(first) }));

function visible(batches: readonly RecordsBatch[], ...aborts: [number, number][]): number[] {
  return visibleBatches(batches, aborted(...aborts)).map(({ firstOffset }) => Number(firstOffset));
}

test('shows everything but markers where nothing was aborted', () => {
  const batches = [plain(0), inTransaction(1, 7), marker(2, 7), plain(3, 7)];
  assert.deepEqual(visible(batches), [0, 1, 3]);
  assert.deepEqual(visibleBatches(batches, null).length, 3);
});

test('hides an aborted transaction, and nothing of others between', () => {
  const batches = [inTransaction(0, 7), plain(1), inTransaction(2, 8), inTransaction(3, 7), marker(4, 7), marker(5, 8)];
  assert.deepEqual(visible(batches, [7, 0]), [1, 2]);
});

test('the same producer is seen again after its abort', () => {
  const batches = [inTransaction(0, 7), marker(1, 7), inTransaction(2, 7), marker(3, 7)];
  assert.deepEqual(visible(batches, [7, 0]), [2]);
  assert.deepEqual(visible(batches, [7, 2]), [0]);
  assert.deepEqual(visible(batches, [7, 2], [7, 0]), [], 'in whatever order the broker lists them');
});

test('an answer that begins within an aborted transaction hides its rest', () => {
  assert.deepEqual(visible([inTransaction(10, 7), marker(11, 7), plain(12)], [7, 3]), [12]);
});

test('a transaction that begins within a batch hides the batch', () => {
  assert.deepEqual(visible([inTransaction(0, 7, 5), marker(5, 7)], [7, 0]), []);
});

test("an aborted producer's records without a transaction stay", () => {
  assert.deepEqual(visible([inTransaction(0, 7), plain(1, 7), marker(2, 7)], [7, 0]), [1]);
});
