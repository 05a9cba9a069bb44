import { protocolErrorsCodesById, type Connection } from '@platformatic/kafka';
import { backoffMs } from '../../base/backoff.ts';
import { sleep } from '../../base/clock.ts';
import {
  apis,
  brokerVersions,
  negotiate,
  type ApiFamily,
  type BrokerVersions,
  type LibraryApi,
  type NegotiatedApi,
} from './api.ts';
import type { BrokerTrouble, ConnectionRole } from '../channels.ts';
import { BrokerConnections, type ConnectionUse } from './broker-connections.ts';
import { KafkaError, classifyKafkaCode, toKafkaError } from '../kafka-error.ts';
import type { ConnectionOptions } from '../options.ts';
import { parseBrokers, type BrokerAddress } from '../security/security.ts';
import { withoutStaleLeaders, type TopicMetadata } from './topic-metadata.ts';
import { Troubles, type OpenTrouble } from './troubles.ts';

/** An API and the connection to call it on. */
export interface BoundApi<A extends LibraryApi> {
  readonly api: NegotiatedApi<A>;
  readonly connection: Connection;
}

/**
 * Between attempts of anything. The longest is that of Kafka's own clients: new leaders are used a second after they are there, and a
 * member is back with a new coordinator well within its session.
 */
const RETRY = { initialMs: 100, maxMs: 1_000 };

// Metadata is answered from memory.
const SLOW_MS = 2_000;

/**
 * The brokers as one thing: who leads what, and a connection per broker and role. Knows how to try again until it is closed;
 * every wait in between is bounded and published.
 */
export class Cluster {
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #connections: BrokerConnections;
  readonly #versions = new WeakMap<Connection, Promise<BrokerVersions>>();
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #troubles: Troubles;
  readonly #closed = new AbortController();

  /**
   * Connects to nothing yet.
   *
   * @param onTrouble gets what would be published of trouble with brokers: for a side line whose troubles are not the stream's
   * @throws MillraceError when the options cannot be used
   */
  constructor(options: ConnectionOptions, onTrouble?: (trouble: BrokerTrouble) => void) {
    this.#troubles = new Troubles(onTrouble);
    this.#bootstrap = parseBrokers(options.broker);
    this.#connections = new BrokerConnections(options);
  }

  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Aborted when the cluster is closed: waits of its users end with it. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** What waits for a broker now. */
  troubles(): readonly OpenTrouble[] {
    return this.#troubles.open;
  }

  /** The API at one broker, by node id; any broker that answers when no node is given. */
  async bind<A extends LibraryApi>(role: ConnectionUse, family: ApiFamily<A>, node?: number): Promise<BoundApi<A>> {
    return this.#bindTo(await this.#connect(role, node), family);
  }

  async #bindTo<A extends LibraryApi>({ connection, broker }: Connected, family: ApiFamily<A>): Promise<BoundApi<A>> {
    let versions = this.#versions.get(connection);
    if (!versions) {
      versions = brokerVersions(connection);
      this.#versions.set(connection, versions);
      versions.catch(() => this.#versions.delete(connection));
    }
    let known: BrokerVersions;
    try {
      known = await versions;
    } catch (error) {
      // With TLS 1.3 a refused client certificate shows only now, at the first request.
      throw this.#connections.explain(connection, broker, error);
    }
    return { api: negotiate(family, known), connection };
  }

  /** What is known of a topic without asking; undefined before the first `refresh` that found it. */
  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /**
   * Asks the brokers for fresh metadata of the topics. A topic that does not exist is simply not in the answer.
   *
   * @throws KafkaError
   */
  async refresh(names: readonly string[]): Promise<void> {
    const { response, version } = await this.#askMetadata(names);
    for (const broker of response.brokers) this.#brokers.set(broker.nodeId, { host: broker.host, port: broker.port });
    for (const topic of response.topics) {
      const name = topic.name ?? '';
      const code = errorName(topic.errorCode);
      if (code === 'UNKNOWN_TOPIC_OR_PARTITION') this.#topics.delete(name);
      else if (classifyKafkaCode(code) === 'fatal') {
        throw new KafkaError(code, `topic '${name}': ${code}`, 'fatal');
      } else if (code === 'NONE') {
        const partitions = topic.partitions
          .map(({ partitionIndex, leaderId, leaderEpoch }) => ({
            partition: partitionIndex,
            leader: leaderId,
            leaderEpoch,
          }))
          .sort((a, b) => a.partition - b.partition);
        // Before version 10 there are no topic ids; the fetch versions that go with it use names.
        const seen = { name, id: version >= 10 ? topic.topicId : name, partitions };
        this.#topics.set(name, withoutStaleLeaders(this.#topics.get(name), seen));
      }
    }
  }

  /** Any broker has it: one that is slow to answer is not waited for while another would. */
  async #askMetadata(names: readonly string[]) {
    let asked: BrokerAddress | undefined;
    const answer = this.#metadata(names, (broker) => (asked = broker));
    const answered = new AbortController();
    answer.finally(() => answered.abort()).catch(() => undefined);
    await sleep(SLOW_MS, answered.signal);
    if (answered.signal.aborted || asked === undefined || this.#known.length < 2) return answer;
    this.#connections.putLast(asked);
    return Promise.any([answer, this.#metadata(names)]).catch(() => answer);
  }

  async #metadata(names: readonly string[], asked?: (broker: BrokerAddress) => void) {
    try {
      const connected = await this.#connect('metadata', undefined);
      asked?.(connected.broker);
      const { api, connection } = await this.#bindTo(connected, apis.metadata);
      const response = await withResponse(api.call(connection, [...names], false, false));
      return { response, version: api.version };
    } catch (thrown) {
      const error = toKafkaError(thrown);
      const answered = this.#brokers.size > 0;
      if (answered || error.code !== 'NETWORK' || !error.message.includes('closed')) throw error;
      // So do brokers that are about to go, but also those that want a login, or TLS before it.
      const hint = 'if that lasts, the port wants another KAFKA_SECURITY_PROTOCOL';
      throw new KafkaError(error.code, `${error.message} (${hint})`, error.failure, thrown);
    }
  }

  /**
   * Runs an operation until it succeeds. Failures that pass are published and repeated with backoff, without end but for
   * `signal` and the closing of the cluster; others are thrown.
   *
   * @throws KafkaError of a kind other than `retry`, or code `CLOSED`
   */
  async persist<T>(role: ConnectionRole, what: string, operation: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const stop = signal ? AbortSignal.any([signal, this.signal]) : this.signal;
    for (let attempt = 1; ; attempt++) {
      if (stop.aborted) throw new KafkaError('CLOSED', `${what}: the client is closing`, 'fatal');
      try {
        const result = await operation();
        this.recovered(role);
        return result;
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (error.failure !== 'retry') throw error;
        await this.pause(role, what, error, attempt, stop);
      }
    }
  }

  /**
   * Publishes a failure that passes and waits before the next attempt.
   *
   * @param broker node id, where it is the trouble of one broker: then only `recovered` for this one ends it
   */
  async pause(
    role: ConnectionRole,
    what: string,
    error: KafkaError,
    attempt: number,
    signal?: AbortSignal,
    broker?: number,
  ): Promise<void> {
    const delayMs = Math.round(backoffMs(RETRY, attempt, Math.random()));
    this.#troubles.failed({ role, broker, what, error: error.message, attempt, delayMs });
    await sleep(delayMs, signal ?? this.signal);
  }

  /** Says that the role's last call (to the broker) went well, or that nothing is wanted of it any longer. */
  recovered(role: ConnectionRole, broker?: number): void {
    this.#troubles.passed(role, broker);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#connections.close();
  }

  /** Brokers that were found later may be all that is left of the bootstrap list. */
  get #known(): readonly BrokerAddress[] {
    const known = [...this.#bootstrap, ...this.#brokers.values()];
    return [...new Map(known.map((broker) => [`${broker.host}:${broker.port}`, broker])).values()];
  }

  async #connect(use: ConnectionUse, node: number | undefined): Promise<Connected> {
    if (this.closed) throw new KafkaError('CLOSED', 'the client is closed', 'fatal');
    if (node !== undefined) {
      const broker = this.#brokers.get(node);
      if (!broker) throw new KafkaError('LEADER_NOT_AVAILABLE', `broker ${node} is not known (yet)`, 'retry');
      return { connection: await this.#connections.open(use, broker), broker };
    }
    const failures: KafkaError[] = [];
    for (const broker of this.#connections.inOrder(this.#known)) {
      try {
        return { connection: await this.#connections.open(use, broker), broker };
      } catch (error) {
        if (this.closed) throw new KafkaError('CLOSED', 'the client is closed', 'fatal', error);
        failures.push(toKafkaError(error));
      }
    }
    throw noBroker(failures);
  }
}

interface Connected {
  readonly connection: Connection;
  readonly broker: BrokerAddress;
}

const LASTS = ' (this does not pass by itself)';

/** What failed at every broker as one error. Where one of them was away, it may be the one that would have done. */
function noBroker(failures: readonly KafkaError[]): KafkaError {
  const one = failures.find(({ failure }) => failure !== 'fatal') ?? failures[0];
  // The same credentials go to all of them.
  const decisive = failures.find(({ code }) => code === 'SASL_AUTHENTICATION_FAILED') ?? one;
  const { code, failure } = decisive ?? { code: 'NETWORK', failure: 'retry' as const };
  // A mistake that some brokers show must not hide behind those that are away.
  const isMixed = failures.some((other) => other.failure === 'fatal') && failure !== 'fatal';
  const text = failures.map((other) => other.message + (isMixed && other.failure === 'fatal' ? LASTS : '')).join('; ');
  return new KafkaError(code, `no broker can be used: ${text}`, failure, decisive);
}

/** Kafka's name of an error code, such as `NOT_LEADER_OR_FOLLOWER`; `NONE` for 0. */
export function errorName(code: number): string {
  return protocolErrorsCodesById[code] ?? `UNKNOWN_${code}`;
}

/**
 * The library throws when any part of an answer carries an error code; the answer itself, with the codes in place, is on the
 * error. Callers that look at the codes themselves get it back.
 */
export async function withResponse<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && 'response' in error && error.response) return error.response as T;
    throw error;
  }
}
