import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readOptions } from '../../../../src/base/options.ts';
import type { BrokerTrouble } from '../../../../src/kafka/channels.ts';
import { Cluster } from '../../../../src/kafka/cluster/cluster.ts';
import { KafkaError } from '../../../../src/kafka/kafka-error.ts';
import { connectionOptions } from '../../../../src/kafka/options.ts';

// What is over must be noticed soon: new leaders, and a new coordinator long before a session ends.
test('however long a broker is away, it is tried again within a second', async () => {
  const troubles: BrokerTrouble[] = [];
  const { values } = readOptions(connectionOptions, { env: { KAFKA_BROKER: '127.0.0.1:1' } });
  const cluster = new Cluster(values, (trouble) => troubles.push(trouble));
  const away = new KafkaError('ECONNREFUSED', 'away', 'retry');
  for (let attempt = 1; attempt <= 20; attempt++) {
    await cluster.pause('group', 'a beat', away, attempt, AbortSignal.abort());
  }
  const delays = troubles.map(({ delayMs }) => delayMs);
  assert.ok((delays[0] ?? Infinity) <= 100, 'the first time at once');
  assert.ok(delays.every((delayMs) => delayMs <= 1_000) && delays.slice(6).every((delayMs) => delayMs >= 500));
  await cluster.close();
});
