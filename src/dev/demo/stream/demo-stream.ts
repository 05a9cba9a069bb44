import { sleep } from '../../../base/clock.ts';
import { MillraceError } from '../../../base/errors.ts';
import { Cluster } from '../../../kafka/cluster/cluster.ts';
import type { ConnectionOptions } from '../../../kafka/options.ts';
import { Producer } from '../../../kafka/producer/producer.ts';
import { createTopics } from '../../../kafka/cluster/topics.ts';
import type { DemoNames } from '../demo-broker.ts';
import { arrivedRecord } from '../ledger/arrived-record.ts';
import { RequestFeed, type FeedRecord } from './request-feed.ts';
import type { StreamBook } from './stream-book.ts';
import { TopicWatch } from './topic-watch.ts';

/** Partitions of the demo's topics. */
const DEMO_PARTITIONS = 4;

const TOPICS_TIMEOUT_MS = 15_000;
/** So long nothing may come back while requests are open. */
const STALL_MS = 60_000;
const POLL_MS = 10;

/** The client's side of the demo: requests in, results and error records out, all in one book. */
export class DemoStream<B extends StreamBook = StreamBook> {
  readonly ledger: B;
  readonly #cluster: Cluster;
  readonly #producer: Producer;
  readonly #feed: RequestFeed;
  readonly #watches: readonly TopicWatch[];

  private constructor(
    cluster: Cluster,
    connection: ConnectionOptions,
    names: DemoNames,
    ledger: B,
    recordOf: (index: number) => FeedRecord | undefined,
    failed: (error: unknown) => void,
  ) {
    const topic = (name: string) => ({ name, partitions: DEMO_PARTITIONS });
    this.ledger = ledger;
    this.#cluster = cluster;
    this.#producer = new Producer(cluster);
    this.#producer.failed.catch(failed);
    this.#feed = new RequestFeed(this.#producer, ledger, topic(names.inputTopic), recordOf, failed);
    this.#watches = [
      new TopicWatch(
        connection,
        topic(names.outputTopic),
        (record, nowMs) => ledger.result(arrivedRecord(record), nowMs),
        failed,
      ),
      new TopicWatch(
        connection,
        topic(names.errorTopic),
        (record, nowMs) => ledger.error(arrivedRecord(record), nowMs),
        failed,
      ),
    ];
  }

  /**
   * Creates the topics and begins to read those that answers come in.
   *
   * @param recordOf the record of each request, by its index in the ledger
   * @param failed told of what the stream cannot recover from
   * @throws MillraceError when Kafka does not answer
   */
  static async open<B extends StreamBook>(
    connection: ConnectionOptions,
    names: DemoNames,
    ledger: B,
    recordOf: (index: number) => FeedRecord | undefined,
    failed: (error: unknown) => void,
    signal: AbortSignal,
  ): Promise<DemoStream<B>> {
    const cluster = new Cluster(connection);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TOPICS_TIMEOUT_MS)]);
    const topics = [names.inputTopic, names.outputTopic, names.errorTopic];
    const wanted = topics.map((name) => ({ name, partitions: DEMO_PARTITIONS }));
    try {
      await cluster.persist('metadata', 'the topics of the demo', async () => createTopics(cluster, wanted), limit);
      return new DemoStream(cluster, connection, names, ledger, recordOf, failed);
    } catch (cause) {
      await cluster.close();
      signal.throwIfAborted();
      if (!limit.aborted) throw cause;
      throw new MillraceError(`Kafka at ${connection.broker} has not answered for ${TOPICS_TIMEOUT_MS / 1000} s`, {
        code: 'KAFKA_SILENT',
        remedy: 'check --broker and the KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_* and KAFKA_SASL_* variables',
        cause,
      });
    }
  }

  /** Requests that Kafka has stored. */
  get stored(): number {
    return this.#feed.stored;
  }

  /**
   * Sends the requests from index `from` up to `to` and waits until each has its answer.
   *
   * @param ratePerSecond undefined: as fast as Kafka takes them
   * @throws MillraceError when nothing comes back for a minute; the signal's reason when that is aborted
   */
  async run(from: number, to: number, ratePerSecond: number | undefined, signal: AbortSignal): Promise<void> {
    const sending = this.#feed.send(from, to, ratePerSecond, signal);
    let ended = this.ledger.ended;
    let movedAtMs = performance.now();
    while (this.ledger.ended < to) {
      signal.throwIfAborted();
      const now = performance.now();
      if (this.ledger.ended !== ended || this.ledger.ended === this.ledger.sent) {
        ended = this.ledger.ended;
        movedAtMs = now;
      } else if (now - movedAtMs > STALL_MS) throw this.#stalled();
      await sleep(POLL_MS, signal);
    }
    await sending;
  }

  /** Reads all that the output and the error topic hold now: an answer too many would be among it. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    for (const watch of this.#watches) await watch.caughtUp(signal);
  }

  async close(): Promise<void> {
    this.#producer.close();
    await Promise.all([this.#cluster.close(), ...this.#watches.map(async (watch) => watch.close())]);
  }

  #stalled(): MillraceError {
    const open = this.ledger.sent - this.ledger.ended;
    const what = `no answer has come for ${STALL_MS / 1000} s, and ${open} requests wait for theirs`;
    const lines = this.ledger.problems().map((problem) => `  ${problem}`);
    return new MillraceError([what, ...lines].join('\n'), { code: 'DEMO_STALLED' });
  }
}
