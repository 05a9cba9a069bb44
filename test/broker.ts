// What integration tests do to the broker around Millrace. It uses the client library only, nothing of src/kafka or
// src/stream, so that a fault there cannot hide itself here.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Producer } from '@platformatic/kafka';
import { kafkaErrorsOf, PATIENCE_MS, persist } from './persist.ts';

export { endOffsets, readAll, type ReadRecord, type ReadAllOptions } from './read-all.ts';

const CLIENT = { clientId: 'millrace-test', retries: 3, retryDelay: 100, autocreateTopics: false };
// A record must not be sent by two producers, so this one goes on trying.
const PRODUCER = { ...CLIENT, retries: PATIENCE_MS / CLIENT.retryDelay, timeout: 60_000, requestTimeout: 90_000 };
const SEND_RECORDS = 500;

export interface TestRecord {
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  /** Pairs may repeat a name. */
  readonly headers?: readonly (readonly [string, string | Buffer])[] | Readonly<Record<string, string>>;
  /** By default the key decides (murmur2). */
  readonly partition?: number;
  readonly timestamp?: number;
}

/** The broker of this integration run, `host:port`. */
export function testBroker(): string {
  const bootstrap = process.env['MILLRACE_TEST_KAFKA'];
  if (bootstrap) return bootstrap;
  throw new Error(
    'MILLRACE_TEST_KAFKA is not set: run the tests with --test-global-setup=./test/kafka-setup.ts, or set it to a broker',
  );
}

/** A name that no other test has, also in a broker that several runs share. */
export function uniqueTopic(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

/** Creates a topic and waits until every partition has a leader. Rejects at once when there is one of this name. */
export async function createTopic(
  bootstrap: string,
  name: string,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
  replicas = 1,
): Promise<void> {
  const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
  let tries = 0;
  await persist(async () => {
    try {
      const topic = { topics: [name], partitions, replicas, configs };
      await withAdmin(bootstrap, (admin) => admin.createTopics(topic), 0);
    } catch (error) {
      // An earlier try may have done it although its answer was lost.
      const there = kafkaErrorsOf(error).has('TOPIC_ALREADY_EXISTS');
      if (there && tries === 0) throw new Error(`there is a topic ${name}`, { cause: error });
      if (!there) {
        tries++;
        throw error;
      }
    }
  });
  await withAdmin(bootstrap, async (admin) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const metadata = await admin.metadata({ topics: [name], forceUpdate: true }).catch(() => undefined);
      const known = metadata?.topics.get(name)?.partitions ?? [];
      if (known.length === partitions && known.every((partition) => partition.leader >= 0)) return;
      if (performance.now() > deadline) throw new Error(`topic ${name} has no leaders after ${PATIENCE_MS} ms`);
      await sleep(20);
    }
  });
}

/** Produces the records in their order, acknowledged by all replicas. */
export async function produceRecords(bootstrap: string, topic: string, records: readonly TestRecord[]): Promise<void> {
  const producer = new Producer({ ...PRODUCER, bootstrapBrokers: bootstrap.split(','), idempotent: true });
  try {
    for (let start = 0; start < records.length; start += SEND_RECORDS) {
      const messages = records.slice(start, start + SEND_RECORDS).map((record) => ({
        topic,
        ...(record.key === undefined || record.key === null ? {} : { key: Buffer.from(record.key) }),
        ...(record.value === undefined || record.value === null ? {} : { value: Buffer.from(record.value) }),
        ...(record.partition === undefined ? {} : { partition: record.partition }),
        ...(record.timestamp === undefined ? {} : { timestamp: BigInt(record.timestamp) }),
        headers: headerMap(record.headers),
      }));
      await producer.send({ messages, acks: -1 });
    }
  } finally {
    await producer.close();
  }
}

/** What a group has committed for a topic, by partition; partitions without a commit are left out. */
export async function committedOffsets(bootstrap: string, group: string, topic: string): Promise<Map<number, bigint>> {
  const ask = async (admin: Admin) => {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const partitionIndexes = Array.from({ length: count }, (_, partition) => partition);
    const groups = await admin.listConsumerGroupOffsets({
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }],
    });
    const committed = new Map<number, bigint>();
    for (const partition of groups[0]?.topics[0]?.partitions ?? []) {
      if (partition.committedOffset >= 0n) committed.set(partition.partitionIndex, partition.committedOffset);
    }
    return committed;
  };
  return persist(() => withAdmin(bootstrap, ask));
}

/** The sum of what a group has committed for a topic: where offsets begin at 0 and none is left out, how many records it is done with. */
export async function committedTotal(bootstrap: string, group: string, topic: string): Promise<number> {
  const offsets = await committedOffsets(bootstrap, group, topic);
  return Number([...offsets.values()].reduce((sum, offset) => sum + offset, 0n));
}

/** Lends out an Admin of the library and closes it. @param bootstrap one broker, or several with commas */
export async function withAdmin<T>(
  bootstrap: string,
  use: (admin: Admin) => Promise<T>,
  retries = CLIENT.retries,
): Promise<T> {
  const admin = new Admin({ ...CLIENT, retries, bootstrapBrokers: bootstrap.split(',') });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

// Keyed by buffers, which differ by identity, so names may repeat.
function headerMap(headers: TestRecord['headers'] = []): Map<Buffer, Buffer> {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return new Map(
    pairs.map(([name, value]: readonly [string, string | Buffer]) => [Buffer.from(name), Buffer.from(value)]),
  );
}
