import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../src/base/errors.ts';
import { streamFailure } from '../../../src/executor/stream-failure.ts';
import { streamNotReady } from '../../../src/executor/stream-readiness.ts';
import { KafkaError } from '../../../src/kafka/kafka-error.ts';
import type { StreamStatus } from '../../../src/stream/status.ts';

const WELL: StreamStatus = {
  joined: true,
  waitingRecords: 0,
  waitingBytes: 0,
  inFlightRecords: 0,
  openRecords: 0,
  openBytes: 0,
  retryingRecords: 0,
  sinceProgressMs: 0,
  partitions: [],
  waitingForModel: undefined,
  brokerTroubles: [],
};

test('a stream is ready when it has joined and nothing keeps it waiting', () => {
  assert.deepEqual(streamNotReady(WELL), []);
  assert.deepEqual(streamNotReady({ ...WELL, joined: false }), ['the consumer group has not been joined yet']);
  assert.deepEqual(streamNotReady({ ...WELL, waitingForModel: { node: 'm', error: 'refused', forMs: 2_400 } }), [
    "records wait for node 'm' since 2 s: refused",
  ]);
});

test('a broker that is away for a moment is no reason, and for longer is', () => {
  const trouble = (forMs: number) => streamNotReady({ ...WELL, brokerTroubles: [{ role: 'fetch', forMs }] });
  assert.deepEqual(trouble(4_999), []);
  assert.deepEqual(trouble(5_000), ['Kafka cannot be used (fetch) since 5 s']);
});

test('what Kafka refuses becomes an error with a remedy; a fault of ours stays one', () => {
  const refused = streamFailure(new KafkaError('GROUP_AUTHORIZATION_FAILED', 'not allowed', 'fatal'));
  assert.ok(refused instanceof MillraceError);
  assert.match(refused.message, /the stream cannot go on: not allowed/);
  assert.match(refused.remedy ?? '', /Read the consumer group/);
  const fault = new TypeError('x is not a function');
  assert.equal(streamFailure(fault), fault);
});
