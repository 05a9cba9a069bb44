// Reads a topic with plain fetch requests: no group, no offsets of its own, and transactions resolved as Kafka's protocol
// says, so that what it returns is what the broker holds.
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Connection, fetchV17, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { PATIENCE_MS, persist, type PersistLimits } from './persist.ts';

const FETCH_BYTES = 4 * 1024 * 1024;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export interface ReadRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order; names may repeat. */
  readonly headers: [string, string][];
  readonly timestamp: bigint;
}

export interface ReadAllOptions {
  /** Default two minutes. Not having read what was asked for by then is an error. */
  readonly timeoutMs?: number;
  /** Waits for the topic and so many records; by default what is there at the time of the call is read. */
  readonly until?: number;
  /** Only what committed transactions wrote, up to the last stable offset. */
  readonly readCommitted?: boolean;
  /** First waits until no transaction is open: brokers promise a commit a moment before its mark is in the log. */
  readonly settled?: boolean;
}

/** Every record of a topic from its beginning, by partition and offset. */
export async function readAll(bootstrap: string, topic: string, options: ReadAllOptions = {}): Promise<ReadRecord[]> {
  const limitMs = options.timeoutMs ?? PATIENCE_MS;
  const deadline = performance.now() + limitMs;
  const limits = { limitMs, ...(options.until !== undefined && { unknownTopicMs: limitMs }) };
  const isolation = options.readCommitted ? FetchIsolationLevels.READ_COMMITTED : FetchIsolationLevels.READ_UNCOMMITTED;
  if (options.settled) await untilSettled(bootstrap, topic, deadline);
  const admin = newAdmin(bootstrap);
  const connections = new Map<number, Connection>();
  try {
    const [positions, ends] = [
      await offsetsAt(admin, topic, isolation, true, limits),
      await offsetsAt(admin, topic, isolation, false, limits),
    ];
    const records = new Map<number, ReadRecord[]>();
    const count = () => [...records.values()].reduce((sum, list) => sum + list.length, 0);
    const wanted = () =>
      options.until === undefined
        ? [...ends].filter(([partition, end]) => (positions.get(partition) ?? 0n) < end).map(([partition]) => partition)
        : count() < options.until
          ? [...ends.keys()]
          : [];
    for (let partitions = wanted(); partitions.length > 0; partitions = wanted()) {
      if (performance.now() > deadline) {
        const goal = options.until === undefined ? 'not all there are' : `not ${options.until}`;
        throw new Error(`read ${count()} records of ${topic} in the time given, ${goal}`);
      }
      for (const partition of partitions) {
        const position = positions.get(partition) ?? 0n;
        const fetched = await fetchPartition(admin, connections, topic, partition, position, isolation);
        const read = fetched === undefined ? undefined : recordsOf(fetched, position, isolation);
        if (read === undefined || read.next === position) {
          await sleep(10);
          continue;
        }
        positions.set(partition, read.next);
        const list = records.get(partition) ?? [];
        list.push(
          ...read.records.filter(
            (record) => options.until !== undefined || record.offset < (ends.get(partition) ?? 0n),
          ),
        );
        records.set(partition, list);
      }
    }
    return [...records].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  } finally {
    await Promise.all([...connections.values()].map(async (connection) => connection.close()));
    await admin.close();
  }
}

/** The offset after the last record of each partition (of a `readCommitted` reader: the last stable offset). */
export async function endOffsets(
  bootstrap: string,
  topic: string,
  readCommitted = false,
): Promise<Map<number, bigint>> {
  const admin = newAdmin(bootstrap);
  try {
    const isolation = readCommitted ? FetchIsolationLevels.READ_COMMITTED : FetchIsolationLevels.READ_UNCOMMITTED;
    return await offsetsAt(admin, topic, isolation, false);
  } finally {
    await admin.close();
  }
}

async function untilSettled(bootstrap: string, topic: string, deadline: number): Promise<void> {
  for (;;) {
    const [stable, all] = [await endOffsets(bootstrap, topic, true), await endOffsets(bootstrap, topic)];
    if ([...all].every(([partition, end]) => stable.get(partition) === end)) return;
    if (performance.now() > deadline) throw new Error(`a transaction stays open in ${topic}`);
    await sleep(20);
  }
}

function newAdmin(bootstrap: string): Admin {
  const options = { retries: 3, retryDelay: 100, autocreateTopics: false };
  return new Admin({ clientId: 'millrace-test', bootstrapBrokers: bootstrap.split(','), ...options });
}

async function offsetsAt(
  admin: Admin,
  topic: string,
  isolationLevel: 0 | 1,
  beginning: boolean,
  limits?: PersistLimits,
): Promise<Map<number, bigint>> {
  return persist(() => offsetsNow(admin, topic, isolationLevel, beginning), limits);
}

async function offsetsNow(admin: Admin, topic: string, isolationLevel: 0 | 1, beginning: boolean) {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
  const timestamp = beginning ? ListOffsetTimestamps.EARLIEST : ListOffsetTimestamps.LATEST;
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const listed = await admin.listOffsets({ topics: [{ name: topic, partitions }], isolationLevel });
  const found = listed[0]?.partitions ?? [];
  return new Map(found.map((one) => [one.partitionIndex, one.offset] as const).sort(([a], [b]) => a - b));
}

// Undefined when the leader is away or has moved: the caller asks again.
async function fetchPartition(
  admin: Admin,
  connections: Map<number, Connection>,
  topic: string,
  partition: number,
  fetchOffset: bigint,
  isolation: 0 | 1,
): Promise<fetchV17.FetchResponsePartition | undefined> {
  let leader = -1;
  try {
    const metadata = await admin.metadata({ topics: [topic] });
    const found = metadata.topics.get(topic);
    leader = found?.partitions[partition]?.leader ?? -1;
    const broker = metadata.brokers.get(leader);
    if (found === undefined || broker === undefined) throw new Error('nobody leads it');
    let connection = connections.get(leader);
    if (connection === undefined) {
      connection = new Connection('millrace-test');
      await connection.connect(broker.host, broker.port);
      connections.set(leader, connection);
    }
    const wanted = {
      partition,
      currentLeaderEpoch: -1,
      fetchOffset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES,
    };
    const topics = [{ topicId: found.id, partitions: [wanted] }];
    const response = await fetchV17.api.async(connection, 50, 1, FETCH_BYTES, isolation, 0, -1, topics, [], '');
    return response.responses[0]?.partitions[0];
  } catch {
    await connections.get(leader)?.close();
    connections.delete(leader);
    await admin.metadata({ topics: [topic], forceUpdate: true }).catch(() => undefined);
    return undefined;
  }
}

function recordsOf(fetched: fetchV17.FetchResponsePartition, position: bigint, isolation: 0 | 1) {
  const aborts = [...(fetched.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  const records: ReadRecord[] = [];
  let next = position;
  for (const batch of fetched.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    // The broker lists each aborted transaction by its first offset; it ends with its control batch.
    for (let first = aborts[0]; first !== undefined && first.firstOffset <= last; first = aborts[0]) {
      aborting.add(first.producerId);
      aborts.shift();
    }
    if (last + 1n > next) next = last + 1n;
    if (batch.attributes & CONTROL) {
      // The key of a control record is a version and a type; type 0 is an abort.
      if (batch.records[0]?.key?.readInt16BE(2) === 0) aborting.delete(batch.producerId);
      continue;
    }
    if (
      isolation === FetchIsolationLevels.READ_COMMITTED &&
      batch.attributes & TRANSACTIONAL &&
      aborting.has(batch.producerId)
    ) {
      continue;
    }
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      if (offset < position) continue;
      records.push({
        partition: fetched.partitionIndex,
        offset,
        key: record.key,
        value: record.value,
        headers: record.headers.map(([name, value]) => [String(name ?? ''), String(value ?? '')]),
        timestamp: batch.firstTimestamp + record.timestampDelta,
      });
    }
  }
  return { records, next };
}
