import { errorText } from '../../base/errors.ts';
import { Cluster } from '../../kafka/cluster/cluster.ts';
import type { BrokerTrouble } from '../../kafka/channels.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import type { ConnectionOptions } from '../../kafka/options.ts';
import { Partitioner } from '../../kafka/producer/partitioner.ts';
import { Producer } from '../../kafka/producer/producer.ts';
import { recordSizeBytes, type RecordHeader } from '../../kafka/record.ts';
import { createTopics } from '../../kafka/cluster/topics.ts';
import { eventType, type EventOrigin } from './cloud-event.ts';
import type { LoggedPayload } from './logged-payload.ts';
import { DeliveryError, type Receiver } from './receiver.ts';

/** After the brokers have said no: how long until they are asked again. */
const REFUSED_MS = 30_000;

/** Leaves it to the broker's `num.partitions`, as the automatic creation that Seldon relies on. */
const DEFAULT_PARTITIONS = -1;

/**
 * Writes events to a topic, which it creates where it is missing. While the brokers are away events wait; what the brokers refuse
 * for good (rights, credentials) fails at once, and so does everything after it for a while.
 */
export class KafkaReceiver implements Receiver {
  readonly name: string;
  readonly #topic: string;
  readonly #cluster: Cluster;
  readonly #headers: readonly RecordHeader[];
  readonly #partitioner = new Partitioner('murmur2');
  readonly #pending = new Set<(error: DeliveryError) => void>();
  #producer: Promise<Producer> | undefined;
  #refused: { readonly error: DeliveryError; readonly untilMs: number } | undefined;

  /** @throws MillraceError when brokers or security settings cannot be used; connects to nothing yet */
  constructor(
    connection: ConnectionOptions,
    topic: string,
    origin: EventOrigin,
    onTrouble: (trouble: BrokerTrouble) => void,
  ) {
    this.name = `topic ${topic}`;
    this.#topic = topic;
    this.#cluster = new Cluster(connection, onTrouble);
    this.#headers = [
      ...header('inferenceservicename', origin.deploymentName),
      ...header('namespace', origin.namespace),
      ...header('endpoint', origin.predictorName),
      ...header('protocol', origin.protocol),
    ];
  }

  async send(payload: LoggedPayload): Promise<void> {
    this.#checkWelcome();
    this.#producer ??= this.#prepare();
    const producer = await this.#producer;
    // A producer that was given up in the meantime would forget the event.
    this.#checkWelcome();
    await this.#write(producer, payload);
  }

  async close(): Promise<void> {
    this.#refuse(new KafkaError('CLOSED', 'the payload log is closed', 'fatal'));
    await this.#cluster.close();
  }

  #checkWelcome(): void {
    if (this.#refused !== undefined && performance.now() < this.#refused.untilMs) throw this.#refused.error;
  }

  async #prepare(): Promise<Producer> {
    try {
      await this.#cluster.persist('metadata', `topic '${this.#topic}'`, () =>
        createTopics(this.#cluster, [{ name: this.#topic, partitions: DEFAULT_PARTITIONS }]),
      );
    } catch (error) {
      throw this.#refuse(error);
    }
    const producer = new Producer(this.#cluster);
    producer.failed.catch((error: unknown) => this.#refuse(error));
    return producer;
  }

  #write(producer: Producer, payload: LoggedPayload): Promise<void> {
    const headers = [
      ...header('type', eventType(payload.kind)),
      ...header('content-type', payload.contentType),
      ...header('modelid', payload.node),
      ...header('requestid', payload.puid),
      ...this.#headers,
    ];
    const partitions = this.#cluster.topic(this.#topic)?.partitions.length || 1;
    return new Promise((resolve, reject) => {
      producer.send({
        topic: this.#topic,
        partition: this.#partitioner.pick(null, partitions, 0),
        key: null,
        value: payload.body,
        headers,
        sizeBytes: recordSizeBytes(null, payload.body, headers),
        settled: (error) => {
          this.#pending.delete(reject);
          if (error === undefined) resolve();
          else reject(new DeliveryError(errorText(error), false, error));
        },
      });
      this.#pending.add(reject);
    });
  }

  /** The brokers want nothing from us: what is under way fails, and a later attempt begins anew. */
  #refuse(cause: unknown): DeliveryError {
    const error = new DeliveryError(errorText(cause), false, cause);
    this.#refused = { error, untilMs: performance.now() + REFUSED_MS };
    const producer = this.#producer;
    this.#producer = undefined;
    producer?.then(
      (one) => one.close(),
      () => undefined,
    );
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
    return error;
  }
}

function header(name: string, value: string): RecordHeader[] {
  return [[Buffer.from(name), Buffer.from(value)]];
}
