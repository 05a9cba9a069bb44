import { randomUUID } from 'node:crypto';
import { sleep } from '../base/clock.ts';
import type { GraphExecutor } from '../graph/execute.ts';
import type { AssignedPartition } from '../kafka/offsets/assigned-partition.ts';
import type { Cluster } from '../kafka/cluster/cluster.ts';
import { Consumer } from '../kafka/consumer/consumer.ts';
import { KafkaError } from '../kafka/kafka-error.ts';
import type { InputRecord } from '../kafka/record.ts';
import type { Payload } from '../protocol/payload.ts';
import { headersLeftOut, recordsRead } from './channels.ts';
import type { Delivery } from './delivery/delivery.ts';
import { startDelivery } from './delivery/start-delivery.ts';
import { FailedAttempts } from './retry/failed-attempts.ts';
import { EMPTY_RECORD } from './failure.ts';
import type { Job } from './work/job.ts';
import { ModelGate } from './retry/model-gate.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import { RecordDeadline } from './retry/record-deadline.ts';
import { graphRequest } from './request.ts';
import { Sink } from './output/sink.ts';
import { partitionStatus, type StreamStatus } from './health/status.ts';
import { stuckReasons, type StuckLimits, type StuckSigns } from './health/stuck.ts';
import { errorTopicOf, prepareTopics } from './topics.ts';
import { Work } from './work/work.ts';

// Results that wait for their turn, or for the broker, for every record that may be at the models.
const OPEN_PER_WORKER = 64;

/** The stream: reads requests, runs them through the graph, writes results, commits what is done. */
export class Pipeline {
  readonly #cluster: Cluster;
  readonly #graph: GraphExecutor;
  readonly #settings: PipelineSettings;
  readonly #work: Work;
  readonly #consumer: Consumer;
  readonly #delivery: Delivery;
  readonly #sink: Sink;
  readonly #gate: ModelGate;
  readonly #limits: StuckLimits;
  readonly #deadline: RecordDeadline;
  readonly #failures: FailedAttempts;
  readonly #failed = Promise.withResolvers<never>();
  #retryTimer: NodeJS.Timeout | undefined;
  #drainMs: number;
  #drainWaiters: (() => void)[] = [];
  #joined = false;
  #closing: Promise<void> | undefined;
  #lastProgressMs = performance.now();
  #lastMovedMs = performance.now();
  #runSinceMs: number | undefined;

  constructor(cluster: Cluster, graph: GraphExecutor, settings: PipelineSettings) {
    const { stream, consumer, group } = settings;
    this.#cluster = cluster;
    this.#graph = graph;
    this.#settings = settings;
    this.#drainMs = consumer.revokeDrainMs;
    this.#work = new Work(stream.order, {
      workers: stream.workers,
      openRecords: Math.max(1_000, stream.workers * OPEN_PER_WORKER),
      openBytes: stream.inFlightBytes,
      waitingBytes: stream.inFlightBytes,
    });
    this.#delivery = startDelivery(cluster, settings, () => this.#consumer.place);
    this.#sink = new Sink(
      cluster,
      this.#delivery,
      { outputTopic: stream.outputTopic, errorTopic: errorTopicOf(stream), partitioner: stream.partitioner },
      (job) => this.#settled(job),
      (error) => this.#failed.reject(error),
    );
    this.#gate = new ModelGate(
      () => graph.checkReady(),
      () => {
        this.#lastMovedMs = performance.now();
        this.#pump();
      },
    );
    // A batch that is taken apart is two calls in turn.
    const callMs = stream.batchSize > 1 ? 2 * stream.modelTimeoutMs + stream.batchDelayMs : stream.modelTimeoutMs;
    const attemptMs = graph.callsInTurn * callMs;
    this.#limits = { stallMs: stream.stallTimeoutMs, attemptMs, rebalanceMs: consumer.rebalanceTimeoutMs };
    this.#deadline = new RecordDeadline(stream.deadlineMs, attemptMs);
    this.#failures = new FailedAttempts(stream, this.#deadline, this.#work, this.#gate, () => graph.checkReady());
    this.#consumer = new Consumer(
      cluster,
      {
        ...consumer,
        group,
        topic: stream.inputTopic,
        commitIntervalMs: stream.delivery === 'exactly-once' ? undefined : stream.commitIntervalMs,
      },
      {
        assigned: (partitions) => this.#assigned(partitions),
        records: (partition, records, sizeBytes) => this.#read(partition, records, sizeBytes),
        drain: (partitions) => this.#drain(partitions),
        released: (partitions) => this.#released(partitions),
      },
    );
    this.#failed.promise.catch(() => undefined);
  }

  /**
   * Prepares the topics, joins the group and streams until `close`.
   *
   * @throws KafkaError of kind `fatal` when a person must act
   */
  async run(): Promise<void> {
    this.#runSinceMs = performance.now();
    try {
      await prepareTopics(this.#cluster, this.#settings.stream);
      await this.#delivery.open();
      await Promise.race([this.#consumer.run(), this.#delivery.failed, this.#failed.promise]);
    } catch (error) {
      // Closing while a broker is waited for is no failure.
      if (this.#closing === undefined || !(error instanceof KafkaError) || error.code !== 'CLOSED') throw error;
    }
  }

  /** Where the stream stands. */
  status(): StreamStatus {
    const now = performance.now();
    const status: Omit<StreamStatus, 'stuck'> = {
      joined: this.#joined,
      generation: this.#consumer.place?.generation,
      waitingRecords: this.#work.waiting,
      waitingBytes: this.#work.waitingBytes,
      inFlightRecords: this.#work.atModels,
      openRecords: this.#work.open,
      openBytes: this.#work.openBytes,
      retryingRecords: this.#work.retrying,
      sinceProgressMs: now - this.#lastProgressMs,
      partitions: this.#consumer.partitions.map((partition) => partitionStatus(partition, now)),
      slowestWrite: this.#delivery.slowest,
      unconfirmedMs: this.#consumer.unconfirmedMs ?? now - (this.#runSinceMs ?? now),
      waitingForModel: this.#gate.waiting,
      brokerTroubles: this.#cluster.troubles(),
    };
    if (this.#closing !== undefined) return { ...status, stuck: [] };
    return { ...status, stuck: stuckReasons(this.#signs(status, now), this.#limits) };
  }

  /**
   * Stops reading, finishes what is under way within the limit, commits and leaves the group. Never rejects; what was not
   * finished is read again at the next start.
   */
  close(limitMs: number): Promise<void> {
    this.#closing ??= this.#close(limitMs);
    return this.#closing;
  }

  async #close(limitMs: number): Promise<void> {
    this.#drainMs = limitMs;
    this.#wakeDrains();
    const limit = new AbortController();
    // The drain bounds itself; this bounds what Kafka does around it.
    await Promise.race([this.#consumer.close(), sleep(limitMs + 2_000, limit.signal)]);
    limit.abort();
    this.#gate.close();
    clearTimeout(this.#retryTimer);
    // Answers that come later than this find nobody.
    this.#released(this.#consumer.partitions);
    await this.#delivery.close();
    await this.#cluster.close();
  }

  #signs(status: Omit<StreamStatus, 'stuck'>, nowMs: number): StuckSigns {
    return {
      ...status,
      oldestAttemptMs: nowMs - (this.#work.oldestStartMs ?? nowMs),
      postponedRecords: this.#work.postponed,
      retryOverdueMs: nowMs - this.#work.nextDueMs,
      sinceMovedMs: nowMs - this.#lastMovedMs,
    };
  }

  #assigned(partitions: readonly AssignedPartition[]): void {
    this.#joined = true;
    for (const partition of partitions) this.#work.assign(partition);
    this.#delivery.assigned(partitions);
  }

  #released(partitions: readonly AssignedPartition[]): void {
    this.#work.release(partitions);
    this.#delivery.released(partitions);
    this.#wakeDrains();
    // What they took of the limits is free for the partitions that stay.
    this.#pumpSoon();
  }

  #read(partition: AssignedPartition, records: readonly InputRecord[], sizeBytes: number): void {
    if (recordsRead.hasSubscribers) {
      const { topic } = partition;
      recordsRead.publish({ topic, partition: partition.partition, records: records.length, sizeBytes });
    }
    this.#lastMovedMs = performance.now();
    this.#work.receive(partition, records, this.#lastMovedMs);
    this.#pump();
  }

  // Starts what may be started, tells the reader what it may read, and sets the timer for the next retry.
  #pump(): void {
    const now = performance.now();
    if (this.#gate.open) {
      for (let job = this.#work.start(now); job !== undefined; job = this.#work.start(now)) this.#start(job);
    }
    if (this.#work.applyPauses()) this.#consumer.resumed();
    clearTimeout(this.#retryTimer);
    // While the gate is shut nothing is started; its opening pumps.
    if (this.#gate.open && this.#work.nextDueMs !== Infinity) {
      this.#retryTimer = setTimeout(() => this.#pump(), Math.max(1, this.#work.nextDueMs - now));
    }
  }

  #start(job: Job): void {
    const { record } = job;
    if (record.value === null || record.value.length === 0) {
      job.failure = EMPTY_RECORD;
      return this.#end(job);
    }
    if (job.puid === '') job.puid = randomUUID();
    void this.#attempt(job, record.value);
  }

  async #attempt(job: Job, value: Buffer): Promise<void> {
    const limit = this.#deadline.limit(job);
    let failed: { readonly error: unknown } | undefined;
    // Whatever is thrown is the failure of this record: a fault in one step must not stop the stream.
    try {
      job.result = await this.#execute(job, value, limit?.signal);
    } catch (error) {
      failed = { error };
    }
    limit?.end();
    this.#lastMovedMs = performance.now();
    if (failed === undefined) {
      this.#gate.succeeded();
      this.#end(job);
    } else if ((await this.#failures.handle(job, failed.error)) === 'ended') this.#end(job);
    // Where it was the last at the models, a drain need not wait for it any longer.
    else this.#wakeDrains();
    this.#pump();
  }

  #execute(job: Job, value: Buffer, signal: AbortSignal | undefined): Promise<Payload> {
    const { request, leftOut } = graphRequest(job, value, this.#settings.transport ?? 'rest');
    if (leftOut > 0 && job.attempts === 1 && headersLeftOut.hasSubscribers) headersLeftOut.publish({ count: leftOut });
    return this.#graph.execute(signal === undefined ? request : { ...request, signal });
  }

  #end(job: Job): void {
    for (const released of this.#work.end(job)) this.#sink.write(released);
    this.#wakeDrains();
  }

  #settled(job: Job): void {
    this.#lastProgressMs = this.#lastMovedMs = performance.now();
    this.#work.settle(job);
    this.#wakeDrains();
    // Room was made: at the models it is made when a call ends, here where results were waiting for the broker.
    if (this.#work.waiting > 0) this.#pumpSoon();
  }

  #pumping = false;

  // Acknowledgements come by the hundred: look once for all of them.
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  async #drain(partitions: readonly AssignedPartition[]): Promise<void> {
    this.#work.drain(partitions);
    this.#delivery.hurry();
    const begun = performance.now();
    while (!this.#work.drained(partitions)) {
      // A close that comes in the middle of a rebalance brings its own limit.
      const left = begun + this.#drainMs - performance.now();
      if (left <= 0) return;
      const limit = new AbortController();
      await Promise.race([new Promise<void>((resolve) => this.#drainWaiters.push(resolve)), sleep(left, limit.signal)]);
      limit.abort();
    }
  }

  #wakeDrains(): void {
    if (this.#drainWaiters.length === 0) return;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const wake of waiters) wake();
  }
}
