import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { OpenTrouble } from '../../../../src/kafka/cluster/troubles.ts';
import type { PartitionStatus } from '../../../../src/stream/health/status.ts';
import { stuckReasons, type StuckSigns } from '../../../../src/stream/health/stuck.ts';
import { IDLE } from './idle-stream.ts';

const LIMITS = { stallMs: 300_000, attemptMs: 60_000, rebalanceMs: 60_000 };
const HOUR_MS = 3_600_000;

/** A stream that has had nothing to do for a day. */
const QUIET: StuckSigns = {
  ...IDLE,
  sinceProgressMs: 24 * HOUR_MS,
  unconfirmedMs: 2_000,
  oldestAttemptMs: 0,
  postponedRecords: 0,
  retryOverdueMs: -Infinity,
  sinceMovedMs: 24 * HOUR_MS,
};

const reasons = (signs: Partial<StuckSigns>) => stuckReasons({ ...QUIET, ...signs }, LIMITS);
const trouble = (role: OpenTrouble['role']): OpenTrouble => ({
  role,
  broker: 1,
  forMs: HOUR_MS,
  error: 'ECONNREFUSED',
});
const part = (unreadMs: number, partition = 3): PartitionStatus => {
  return { partition, position: 1, committed: 1, endOffset: 1, lag: 0, unreadMs };
};

test('nothing to do is no standstill, nor is a model that is away for a day', () => {
  assert.deepEqual(reasons({ partitions: [part(400)] }), []);
  const waitingForModel = { node: 'm', error: 'refused', forMs: 24 * HOUR_MS };
  const full = { waitingRecords: 1_000, openRecords: 64, postponedRecords: 64 };
  assert.deepEqual(reasons({ waitingForModel, ...full }), []);
});

test('a partition that is not read, one that is not written, a group that says nothing', () => {
  assert.deepEqual(reasons({ partitions: [part(300_000)] }), []);
  assert.deepEqual(reasons({ partitions: [part(400, 2), part(301_000), part(310_000, 5)] }), [
    'partition 3, 5 of the input topic has not been read for 310 s',
  ]);
  const slowestWrite = { topic: 'out', partition: 1, forMs: 301_000 };
  assert.deepEqual(reasons({ slowestWrite }), ["partition 1 of 'out' has taken no record for 301 s"]);
  assert.deepEqual(reasons({ unconfirmedMs: 359_000 }), [], 'a rebalance takes its time');
  assert.deepEqual(reasons({ unconfirmedMs: 361_000 }), [
    'the consumer group has not confirmed our membership for 361 s',
  ]);
});

test('what the brokers say buys time, for what they say it of, and not for ever', () => {
  const partitions = [part(HOUR_MS / 4)];
  assert.deepEqual(reasons({ partitions, brokerTroubles: [trouble('fetch')] }), []);
  assert.equal(reasons({ partitions, brokerTroubles: [trouble('produce')] }).length, 1);
  assert.deepEqual(reasons({ partitions: [part(1_801_000)], brokerTroubles: [trouble('fetch')] }), [
    'partition 3 of the input topic has not been read for 1801 s: ECONNREFUSED',
  ]);
  // The input topic is not there: the group is not joined.
  assert.deepEqual(reasons({ joined: false, unconfirmedMs: 1_700_000, brokerTroubles: [trouble('metadata')] }), []);
  assert.equal(reasons({ joined: false, unconfirmedMs: 1_900_000, brokerTroubles: [trouble('metadata')] }).length, 1);
});

test('a call to a model may take as long as its limits say, and no longer', () => {
  const busy = { inFlightRecords: 64, openRecords: 64, waitingRecords: 500, sinceMovedMs: 350_000 };
  assert.deepEqual(reasons({ ...busy, oldestAttemptMs: 359_000 }), []);
  assert.match(
    reasons({ ...busy, oldestAttemptMs: 361_000 })[0] ?? '',
    /has not ended for 361 s, beyond all its limits/,
  );
});

test('records that nobody works on; those that wait for their next attempt are not among them', () => {
  const held = { waitingRecords: 10, openRecords: 2 };
  assert.deepEqual(reasons({ ...held, sinceMovedMs: 299_000 }), []);
  assert.deepEqual(reasons({ ...held, sinceMovedMs: 301_000 }), [
    '12 records are there to be worked on, and nothing has been done for 301 s',
  ]);
  const retrying = { ...held, retryingRecords: 2, sinceMovedMs: 500_000 };
  assert.deepEqual(reasons({ ...retrying, retryOverdueMs: -10_000 }), []);
  assert.deepEqual(reasons({ ...retrying, retryOverdueMs: 1_000 }), []);
  assert.equal(reasons({ ...retrying, retryOverdueMs: 301_000 }).length, 1);
});
