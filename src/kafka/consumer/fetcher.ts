import type { FetchResponse, RecordsBatch } from '../cluster/library-types.ts';
import { backoffMs } from '../../base/backoff.ts';
import { sleep } from '../../base/clock.ts';
import { visibleBatches } from './aborted-transactions.ts';
import { answerOfLeader } from '../cluster/answer-of-leader.ts';
import { apis } from '../cluster/api.ts';
import type { AssignedPartition } from '../offsets/assigned-partition.ts';
import { errorName, withResponse, type Cluster } from '../cluster/cluster.ts';
import { KafkaError, classifyKafkaCode, toKafkaError } from '../kafka-error.ts';
import { recordSizeBytes, type InputRecord } from '../record.ts';

/** What the fetcher tells its user. */
export interface FetcherHandler {
  /** Records of one partition, in order. Never empty. */
  records(partition: AssignedPartition, records: readonly InputRecord[], sizeBytes: number): void;
  /** The position is not in the log (any more): move it, then clear `retryAtMs`. */
  outOfRange(partition: AssignedPartition): void;
  /** The topic was deleted, and another has its name now: these belong to the old one, and are read no more. */
  replaced?(partitions: readonly AssignedPartition[]): void;
  /** A broker has answered for these partitions; `any` is false when it had nothing at any of their positions. */
  answered?(partitions: readonly AssignedPartition[], any: boolean): void;
  /** Reading cannot go on until a person acts. */
  failed(error: KafkaError): void;
}

const MAX_WAIT_MS = 500;
const MAX_BYTES = 16 * 1024 * 1024;
const PARTITION_MAX_BYTES = 1024 * 1024;
const READ_COMMITTED = 1;
const LOG_APPEND_TIME = 1 << 3;
const PARTITION_RETRY = { initialMs: 100, maxMs: 1_000 };

/**
 * Reads the assigned partitions: one loop per broker that leads any of them, one request at a time in each, the next under way
 * while the last one's records are worked on. Partitions that are paused or wait after an error are left out of requests.
 */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #handler: FetcherHandler;
  #partitions: readonly AssignedPartition[] = [];
  readonly #loops = new Map<number, Promise<void>>();
  #wake = Promise.withResolvers<void>();
  #stopped = false;

  constructor(cluster: Cluster, topic: string, handler: FetcherHandler) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#handler = handler;
  }

  /** Reads these partitions from now on, and no others. */
  assign(partitions: readonly AssignedPartition[]): void {
    this.#partitions = partitions;
    noteAnswer(partitions.filter((partition) => partition.answeredAtMs < 0));
    this.update();
  }

  /** Something changed (a partition was resumed, its leader moved): loops look again. */
  update(): void {
    this.#dropReplaced();
    const topic = this.#cluster.topic(this.#topic);
    for (const partition of this.#partitions) {
      const known = topic?.partitions[partition.partition];
      partition.leader = known?.leader ?? -1;
      partition.leaderEpoch = known?.leaderEpoch ?? -1;
      if (!this.#loops.has(partition.leader)) this.#start(partition.leader);
    }
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** Ends every loop; waits at most for the request under way. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#partitions = [];
    this.update();
    const limit = new AbortController();
    await Promise.race([Promise.all(this.#loops.values()), sleep(MAX_WAIT_MS * 2, limit.signal)]);
    limit.abort();
  }

  // Offsets of one topic mean nothing in another, and metadata can be fresher than the last `update`.
  #dropReplaced(): void {
    const topic = this.#cluster.topic(this.#topic);
    if (topic === undefined) return;
    const old = this.#partitions.filter(({ topicId }) => topicId !== '' && topicId !== topic.id);
    if (old.length === 0) return;
    this.#partitions = this.#partitions.filter((partition) => !old.includes(partition));
    this.#handler.replaced?.(old);
  }

  #start(node: number): void {
    const loop = this.#run(node)
      .catch((error: unknown) => this.#handler.failed(toKafkaError(error)))
      .finally(() => {
        if (this.#loops.get(node) === loop) this.#loops.delete(node);
      });
    this.#loops.set(node, loop);
  }

  async #run(node: number): Promise<void> {
    for (let attempt = 0; !this.#stopped && !this.#cluster.closed;) {
      this.#dropReplaced();
      const led = this.#partitions.filter((partition) => partition.leader === node && !partition.revoked);
      if (led.length === 0) {
        // Nothing is wanted of this broker, so there is no trouble with it. The loop counts as gone at once: a partition that comes
        // in the next moment needs a new one.
        this.#cluster.recovered('fetch', node);
        this.#loops.delete(node);
        return;
      }
      const resting = led.filter((partition) => partition.paused);
      noteAnswer(resting);
      if (node < 0) {
        await this.#refresh(node, ++attempt);
        continue;
      }
      const now = performance.now();
      const ready = led.filter((partition) => !partition.paused && partition.retryAtMs <= now);
      if (ready.length === 0) {
        await this.#idle(led, now);
        noteAnswer(resting);
        continue;
      }
      try {
        const any = this.#take(await this.#fetch(node, ready), ready);
        this.#handler.answered?.(ready, any);
        attempt = 0;
        this.#cluster.recovered('fetch', node);
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (this.#stopped || this.#cluster.closed) return;
        if (error.failure === 'fatal') throw error;
        attempt++;
        const what = `reading '${this.#topic}' from broker ${node}`;
        await this.#cluster.pause('fetch', what, error, attempt, undefined, node);
        await this.#refresh(node, attempt);
      }
    }
  }

  async #idle(led: readonly AssignedPartition[], now: number): Promise<void> {
    const wake = this.#wake.promise;
    // Infinity stands for a position that is being found anew: `update` follows.
    const timed = led.filter((partition) => !partition.paused && partition.retryAtMs !== Infinity);
    const due = timed.map((partition) => partition.retryAtMs - now);
    if (due.length === 0) return wake;
    const timer = new AbortController();
    await Promise.race([wake, sleep(Math.max(1, Math.min(...due)), timer.signal)]);
    timer.abort();
  }

  // Metadata may be as unreachable as the leader is; the loop comes round again. Its trouble is that of reading: a fetch that goes
  // well ends it, and no further look at the metadata is needed.
  async #refresh(node: number, attempt: number): Promise<void> {
    const pause = (what: string, error: KafkaError) =>
      this.#cluster.pause('fetch', what, error, attempt, undefined, node);
    try {
      await this.#cluster.refresh([this.#topic]);
      const lost = this.#partitions.some(({ partition }) => this.#leader(partition) < 0);
      if (lost) await pause(`topic '${this.#topic}'`, noLeader(this.#topic));
    } catch (thrown) {
      const error = toKafkaError(thrown);
      if (error.failure === 'fatal') throw error;
      await pause(`metadata of '${this.#topic}'`, error);
    }
    this.update();
  }

  #leader(partition: number): number {
    return this.#cluster.topic(this.#topic)?.partitions[partition]?.leader ?? -1;
  }

  async #fetch(node: number, ready: readonly AssignedPartition[]): Promise<FetchResponse> {
    const { api, connection } = await this.#cluster.bind('fetch', apis.fetch, node);
    const topic = this.#cluster.topic(this.#topic);
    if (!topic) throw noLeader(this.#topic);
    const partitions = ready.map((partition) => ({
      partition: partition.partition,
      currentLeaderEpoch: partition.leaderEpoch,
      fetchOffset: BigInt(partition.position),
      lastFetchedEpoch: -1,
      partitionMaxBytes: PARTITION_MAX_BYTES,
    }));
    // Version 13 and newer name topics by id, older ones by name. Session 0 with epoch -1 is a request without a session.
    const topicId = api.version >= 13 ? topic.id : topic.name;
    const request = api.call(
      connection,
      MAX_WAIT_MS,
      1,
      MAX_BYTES,
      READ_COMMITTED,
      0,
      -1,
      [{ topicId, partitions }],
      [],
      '',
    );
    const leads = () => ready.some(({ partition }) => this.#leader(partition) === node);
    return answerOfLeader(this.#cluster, { node, connection, topics: [this.#topic], leads }, withResponse(request));
  }

  /**
   * Takes an answer for what was asked: a partition that was assigned again meanwhile is another object, and the answer may lie
   * beyond that one's position.
   *
   * @returns whether there was anything in the answer, also what a reader may not see
   */
  #take(response: FetchResponse, asked: readonly AssignedPartition[]): boolean {
    if (response.errorCode !== 0) {
      const code = errorName(response.errorCode);
      throw new KafkaError(code, code, classifyKafkaCode(code));
    }
    const now = performance.now();
    let stale = false;
    let any = false;
    for (const answer of response.responses.flatMap((topic) => topic.partitions)) {
      const partition = asked.find((candidate) => candidate.partition === answer.partitionIndex);
      if (!partition || partition.revoked || !this.#partitions.includes(partition)) continue;
      if (answer.errorCode === 0) {
        partition.failures = 0;
        partition.answeredAtMs = now;
        partition.endOffset = Number(answer.lastStableOffset >= 0n ? answer.lastStableOffset : answer.highWatermark);
        any ||= (answer.records?.length ?? 0) > 0;
        this.#deliver(partition, answer.records ?? [], answer.abortedTransactions);
        continue;
      }
      const code = errorName(answer.errorCode);
      if (classifyKafkaCode(code) === 'fatal') throw new KafkaError(code, `reading '${this.#topic}': ${code}`, 'fatal');
      partition.failures++;
      partition.retryAtMs = now + backoffMs(PARTITION_RETRY, partition.failures, Math.random());
      if (code === 'OFFSET_OUT_OF_RANGE') {
        partition.retryAtMs = Infinity;
        this.#handler.outOfRange(partition);
      } else stale = true;
    }
    if (stale) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `leaders of '${this.#topic}' have moved`, 'retry');
    return any;
  }

  #deliver(
    partition: AssignedPartition,
    batches: readonly RecordsBatch[],
    aborted: FetchResponse['responses'][number]['partitions'][number]['abortedTransactions'],
  ): void {
    const last = batches.at(-1);
    if (last === undefined) return;
    const records: InputRecord[] = [];
    let sizeBytes = 0;
    for (const batch of visibleBatches(batches, aborted)) {
      const firstOffset = Number(batch.firstOffset);
      const firstTimestamp = Number(batch.firstTimestamp);
      // With `message.timestamp.type=LogAppendTime` the broker writes its time into the batch, not into the records.
      const appendedAtMs = (batch.attributes & LOG_APPEND_TIME) === 0 ? undefined : Number(batch.maxTimestamp);
      for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
        const offset = firstOffset + offsetDelta;
        // A batch is sent whole, also when reading began in its middle.
        if (offset < partition.position) continue;
        const size = recordSizeBytes(key, value, headers);
        const timestampMs = appendedAtMs ?? firstTimestamp + Number(timestampDelta);
        records.push({ partition, offset, timestampMs, key, value, headers, sizeBytes: size });
        sizeBytes += size;
      }
    }
    // An old leader's late answer can end before what its successor has told since.
    partition.position = Math.max(partition.position, Number(last.firstOffset) + last.lastOffsetDelta + 1);
    if (records.length > 0) this.#handler.records(partition, records, sizeBytes);
    partition.tracker.skippedTo(partition.position);
  }
}

// Who needs nothing of its broker does not wait for it.
function noteAnswer(partitions: readonly AssignedPartition[]): void {
  const now = performance.now();
  for (const partition of partitions) partition.answeredAtMs = now;
}

function noLeader(topic: string): KafkaError {
  return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic '${topic}' is not there`, 'retry');
}
