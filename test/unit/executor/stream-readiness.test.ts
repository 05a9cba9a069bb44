import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../src/base/errors.ts';
import { streamFailure } from '../../../src/executor/stream-failure.ts';
import { streamNotReady } from '../../../src/executor/stream-readiness.ts';
import { KafkaError } from '../../../src/kafka/kafka-error.ts';
import type { OpenTrouble } from '../../../src/kafka/cluster/troubles.ts';
import type { PartitionStatus } from '../../../src/stream/health/status.ts';
import { IDLE } from '../stream/health/idle-stream.ts';

test('a stream is ready when it has joined and nothing keeps it waiting', () => {
  assert.deepEqual(streamNotReady(IDLE), []);
  assert.deepEqual(streamNotReady({ ...IDLE, joined: false }), ['the consumer group has not been joined yet']);
  assert.deepEqual(streamNotReady({ ...IDLE, waitingForModel: { node: 'm', error: 'refused', forMs: 2_400 } }), [
    "records wait for node 'm' since 2 s: refused",
  ]);
});

const trouble = (role: OpenTrouble['role'], forMs: number, broker?: number): OpenTrouble => {
  return { role, broker, forMs, error: `broker ${broker ?? 'x'} refuses` };
};

const part = (partition: number, unreadMs: number): PartitionStatus => {
  return { partition, position: 1, committed: 1, endOffset: 1, lag: 0, unreadMs };
};

test('a group that is away for a moment is no reason, and for longer is; before the first assignment it is at once', () => {
  const notReady = (forMs: number, joined = true) =>
    streamNotReady({ ...IDLE, joined, brokerTroubles: [trouble('group', forMs)] });
  assert.deepEqual(notReady(14_999), []);
  assert.deepEqual(notReady(15_000), ['Kafka cannot be used (group) since 15 s: broker x refuses']);
  assert.deepEqual(notReady(100, false), ['Kafka cannot be used (group) since 0 s: broker x refuses']);
});

test('a broker that is away is no reason while all partitions are read and written', () => {
  const brokerTroubles = [trouble('fetch', 90_000, 2), trouble('produce', 90_000, 2)];
  const partitions = [part(0, 400), part(1, 14_000)];
  const slowestWrite = { topic: 'out', partition: 1, forMs: 300 };
  assert.deepEqual(streamNotReady({ ...IDLE, brokerTroubles, partitions, slowestWrite }), []);
});

test('a partition that cannot be read or written for a while is one, with what the brokers say', () => {
  const brokerTroubles = [trouble('fetch', 20_000, 2), trouble('produce', 20_000, 3)];
  const partitions = [part(0, 400), part(4, 16_000), part(5, 17_000)];
  const slowestWrite = { topic: 'out', partition: 1, forMs: 15_000 };
  assert.deepEqual(streamNotReady({ ...IDLE, brokerTroubles, partitions, slowestWrite }), [
    'partition 4, 5 of the input topic cannot be read since 17 s: broker 2 refuses',
    "partition 1 of 'out' cannot be written since 15 s: broker 3 refuses",
  ]);
});

test('what Kafka refuses becomes an error with a remedy; a fault of ours stays one', () => {
  const refused = streamFailure(new KafkaError('GROUP_AUTHORIZATION_FAILED', 'not allowed', 'fatal'));
  assert.ok(refused instanceof MillraceError);
  assert.match(refused.message, /the stream cannot go on: not allowed/);
  assert.match(refused.remedy ?? '', /Read the consumer group/);
  const fault = new TypeError('x is not a function');
  assert.equal(streamFailure(fault), fault);
});
