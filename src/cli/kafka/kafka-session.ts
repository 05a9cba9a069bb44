import { sleep } from '../../base/clock.ts';
import { MillraceError } from '../../base/errors.ts';
import { brokerRecovered, brokerTrouble } from '../../kafka/channels.ts';
import { Cluster } from '../../kafka/cluster/cluster.ts';
import type { TopicMetadata } from '../../kafka/cluster/topic-metadata.ts';
import type { ConnectionOptions } from '../../kafka/options.ts';
import { secondsText } from '../amounts.ts';
import { explainKafkaError } from './kafka-failure.ts';

const TELL_AFTER_MS = 1_000;

/** A command's connection to Kafka: says when it waits for a broker, and gives up after a time. */
export class KafkaSession {
  readonly cluster: Cluster;
  readonly timeoutMs: number;
  readonly #broker: string;
  readonly #say: (line: string) => void;
  readonly #unsubscribe: readonly (() => void)[];
  #trouble = '';
  #telling: NodeJS.Timeout | undefined;
  #told = false;

  /**
   * @param say is given a line when a broker is away, and when it is back
   * @throws MillraceError when the options cannot be used; connects to nothing yet
   */
  constructor(options: ConnectionOptions, timeoutMs: number, say: (line: string) => void) {
    if (options.broker === '') {
      const remedy = 'give --broker HOST:PORT or set KAFKA_BROKER; millrace kafka starts a broker';
      throw new MillraceError('no Kafka broker is named', { code: 'KAFKA_BROKER', remedy, exitCode: 2 });
    }
    this.cluster = new Cluster(options);
    this.timeoutMs = timeoutMs;
    this.#broker = options.broker;
    this.#say = say;
    this.#unsubscribe = [
      brokerTrouble.subscribe(({ error }) => this.#troubled(error)),
      brokerRecovered.subscribe(() => this.#recovered()),
    ];
  }

  /**
   * Runs an operation, again and again while Kafka is away, for at most the time-out.
   *
   * @throws MillraceError
   */
  async ask<T>(topic: string, what: string, operation: () => Promise<T>, stop: AbortSignal): Promise<T> {
    const ended = new AbortController();
    const limit = AbortSignal.any([AbortSignal.timeout(this.timeoutMs), stop]);
    // A request to a host that swallows packets ends later than the limit.
    const late = sleep(this.timeoutMs, AbortSignal.any([stop, ended.signal])).then(() =>
      Promise.reject<never>(this.silence()),
    );
    late.catch(() => undefined);
    try {
      return await Promise.race([this.cluster.persist('metadata', what, operation, limit), late]);
    } catch (error) {
      throw limit.aborted && !stop.aborted ? this.silence() : explainKafkaError(error, topic);
    } finally {
      ended.abort();
    }
  }

  /** What the brokers know of a topic; undefined when it does not exist. */
  async findTopic(topic: string, stop: AbortSignal): Promise<TopicMetadata | undefined> {
    const lookUp = async (): Promise<TopicMetadata | undefined> => {
      await this.cluster.refresh([topic]);
      return this.cluster.topic(topic);
    };
    return this.ask(topic, `metadata of '${topic}'`, lookUp, stop);
  }

  /** The error for a Kafka that has been silent for the whole time-out. */
  silence(): MillraceError {
    const why = this.#trouble === '' ? 'no answer' : this.#trouble;
    return new MillraceError(`gave up on Kafka at ${this.#broker} after ${secondsText(this.timeoutMs)}: ${why}`, {
      code: 'KAFKA_SILENT',
      remedy: 'check --broker (KAFKA_BROKER), or wait longer with --timeout',
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#telling);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.cluster.close();
  }

  // Most trouble has passed before anybody could read of it: elections, coordinators that load.
  #troubled(error: string): void {
    if (this.#trouble === '') this.#telling = setTimeout(() => this.#tell(), TELL_AFTER_MS);
    this.#trouble = error;
  }

  #tell(): void {
    this.#told = true;
    this.#say(`waiting for Kafka, at most ${secondsText(this.timeoutMs)}: ${this.#trouble}`);
  }

  #recovered(): void {
    clearTimeout(this.#telling);
    if (this.#told) this.#say('Kafka answers again');
    this.#told = false;
    this.#trouble = '';
  }
}
