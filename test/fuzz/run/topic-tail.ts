import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, FetchIsolationLevels, fetchV17 } from '@platformatic/kafka';
import { withAdmin } from '../../broker.ts';

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const MAX_BYTES = 16 * 1024 * 1024;
const PARTITION_BYTES = 4 * 1024 * 1024;
const WAIT_MS = 100;
const PAUSE_MS = 200;
/** On a busy machine a broker can be late. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A record as the broker gives it: nothing of it read as text. */
export interface TailedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: Buffer | null, value: Buffer | null])[];
}

/**
 * Reads topics from their beginnings for as long as it is told, with plain fetch requests to a single broker: no group, and nothing of
 * the stream's own reader. Sees what committed transactions wrote.
 */
export class TopicTail {
  readonly #bootstrap: string;
  readonly #topics: readonly string[];
  readonly #take: (record: TailedRecord) => void;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(bootstrap: string, topics: readonly string[], take: (record: TailedRecord) => void) {
    this.#bootstrap = bootstrap;
    this.#topics = topics;
    this.#take = take;
  }

  /** Begins to read. Rejects when a topic cannot be read; resolves after `stop`. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const found = await topicIds(this.#bootstrap, this.#topics);
    const names = new Map([...found].map(([name, { id }]) => [id, name]));
    const positions = new Map([...found].map(([, { id, partitions }]) => [id, Array<bigint>(partitions).fill(0n)]));
    const [host, port] = this.#bootstrap.split(':');
    const connection = new Connection('millrace-fuzz', { requestTimeout: REQUEST_TIMEOUT_MS });
    await connection.connect(host ?? '', Number(port));
    try {
      while (!this.#stopped) {
        const answer = await fetch(connection, positions);
        let any = false;
        for (const topic of answer.responses) {
          const at = positions.get(topic.topicId);
          for (const partition of topic.partitions) {
            if (at === undefined) continue;
            any = this.#deliver(names.get(topic.topicId) ?? '', at, partition) || any;
          }
        }
        // A tail has time; many small requests would cost the broker more than they find.
        if (!any) await sleep(PAUSE_MS);
      }
    } finally {
      await connection.close();
    }
  }

  #deliver(topic: string, positions: bigint[], answer: fetchV17.FetchResponsePartition): boolean {
    const partition = answer.partitionIndex;
    const position = positions[partition] ?? 0n;
    const aborted = [...(answer.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
    const aborting = new Set<bigint>();
    let next = position;
    for (const batch of answer.records ?? []) {
      next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      // An aborted transaction is told by its first offset, and ends with its control batch.
      for (let first = aborted[0]; first !== undefined && first.firstOffset < next; first = aborted[0]) {
        aborting.add(first.producerId);
        aborted.shift();
      }
      if (batch.attributes & CONTROL) {
        aborting.delete(batch.producerId);
        continue;
      }
      if (batch.attributes & TRANSACTIONAL && aborting.has(batch.producerId)) continue;
      for (const { offsetDelta, key, value, headers } of batch.records) {
        const offset = batch.firstOffset + BigInt(offsetDelta);
        if (offset >= position) this.#take({ topic, partition, offset, key, value, headers });
      }
    }
    positions[partition] = next > position ? next : position;
    return next > position;
  }
}

interface FoundTopic {
  readonly id: string;
  readonly partitions: number;
}

async function topicIds(bootstrap: string, names: readonly string[]): Promise<Map<string, FoundTopic>> {
  return withAdmin(bootstrap, async (admin) => {
    const { topics } = await admin.metadata({ topics: [...names], forceUpdate: true });
    return new Map([...topics].map(([name, { id, partitionsCount }]) => [name, { id, partitions: partitionsCount }]));
  });
}

async function fetch(connection: Connection, positions: ReadonlyMap<string, readonly bigint[]>) {
  const topics = [...positions].map(([topicId, offsets]) => ({
    topicId,
    partitions: offsets.map((fetchOffset, partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: PARTITION_BYTES,
    })),
  }));
  const isolation = FetchIsolationLevels.READ_COMMITTED;
  return fetchV17.api.async(connection, WAIT_MS, 1, MAX_BYTES, isolation, 0, -1, topics, [], '');
}
