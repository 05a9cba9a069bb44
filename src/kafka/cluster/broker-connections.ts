import { isIP } from 'node:net';
import { ConnectionPool, type Connection } from '@platformatic/kafka';
import { sleep } from '../../base/clock.ts';
import type { ConnectionRole } from '../channels.ts';
import { KafkaError, toKafkaError } from '../kafka-error.ts';
import type { ConnectionOptions } from '../options.ts';
import { securitySettings, type BrokerAddress, type SecuritySettings } from '../security/security.ts';

/**
 * What a connection is for. Joining a group waits so long that it has one of its own; and heartbeats have, so that they wait for
 * nothing: a broker takes up one request of a connection after the other, and answers a commit when all replicas have it.
 */
export type ConnectionUse = ConnectionRole | 'join' | 'heartbeat';

const CONNECT_TIMEOUT_MS = 5_000;
// Heartbeats that hang must fail, and find another way, before the session ends. Metadata shows the way, and any broker has it.
const SHORT_TIMEOUT_MS = 10_000;
const SHORT: ReadonlySet<ConnectionUse> = new Set(['group', 'heartbeat', 'metadata']);
// JoinGroup is answered only when the whole group has joined, and that takes as long as its members may finish their work. Where
// others are given more time than ours, the same member asks again.
const REBALANCE_MS = 60_000;
const CLOSE_LIMIT_MS = 2_000;

/** One connection per broker and use, secured as the options say. */
export class BrokerConnections {
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #options: ConnectionOptions;
  #security: SecuritySettings;
  /** What ended a connection: the library tells those who wait for an answer only that it is closed. */
  readonly #ended = new WeakMap<Connection, Error>();
  /** When a connection to a broker last ended, or could not be made. */
  readonly #endedAtMs = new Map<string, number>();

  /**
   * Connects to nothing yet.
   *
   * @throws MillraceError when the security options cannot be used
   */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#security = securitySettings(options);
  }

  /**
   * The connection to a broker; makes it and logs in if there is none.
   *
   * @throws KafkaError
   */
  async open(use: ConnectionUse, broker: BrokerAddress): Promise<Connection> {
    try {
      return await this.#pool(use, isIP(broker.host) === 0).get(broker);
    } catch (error) {
      this.putLast(broker);
      throw at(broker, error);
    }
  }

  /**
   * The brokers, those first whose connections have lasted: one that takes connections and answers nothing must not be asked again
   * and again while another would answer.
   */
  inOrder(brokers: readonly BrokerAddress[]): readonly BrokerAddress[] {
    const endedAt = (broker: BrokerAddress) => this.#endedAtMs.get(addressOf(broker)) ?? 0;
    return brokers.toSorted((a, b) => endedAt(a) - endedAt(b));
  }

  /** The error of a request on the connection, by its true cause where the connection knows it. */
  explain(connection: Connection, broker: BrokerAddress, error: unknown): KafkaError {
    return at(broker, this.#ended.get(connection) ?? error);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(closeWithin));
  }

  /** @param named whether the broker's host is a name: names choose the certificate there, addresses are not allowed to */
  #pool(use: ConnectionUse, named: boolean): ConnectionPool {
    const key = `${use} ${named}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const security = () => this.#freshSecurity();
    const pool = new ConnectionPool(this.#options.clientId, {
      // The pool asks anew for each connection, so a renewed certificate is taken up.
      get tls() {
        return security().tls;
      },
      sasl: this.#security.sasl,
      tlsServerName: named,
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs(use, this.#options),
    });
    // The pool listens for a connection's first error only; a second one must not end the process.
    pool.on('connecting', ({ connection, broker }) => {
      connection.on('error', (error: Error) => this.#ended.set(connection, error));
      // One that the broker closed would log in again when its session ends, and wait for an answer that cannot come.
      connection.on('close', () => {
        this.putLast(broker);
        void connection.close();
      });
    });
    this.#pools.set(key, pool);
    return pool;
  }

  /** Others are asked before this one from now on. */
  putLast(broker: BrokerAddress): void {
    this.#endedAtMs.set(addressOf(broker), performance.now());
  }

  #freshSecurity(): SecuritySettings {
    const { sslCaCertFile, sslClientCertFile, sslClientKeyFile } = this.#options;
    if (sslCaCertFile + sslClientCertFile + sslClientKeyFile === '') return this.#security;
    try {
      this.#security = securitySettings(this.#options);
    } catch {
      // Files that are being replaced do not go together yet: what went together before is used once more.
    }
    return this.#security;
  }
}

function requestTimeoutMs(use: ConnectionUse, { requestTimeoutMs: limitMs }: ConnectionOptions): number {
  if (use === 'join') return REBALANCE_MS + limitMs;
  return SHORT.has(use) ? Math.min(limitMs, SHORT_TIMEOUT_MS) : limitMs;
}

function addressOf({ host, port }: BrokerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function at(broker: BrokerAddress, thrown: unknown): KafkaError {
  const { code, message, failure } = toKafkaError(thrown);
  return new KafkaError(code, `${addressOf(broker)}: ${message}`, failure, thrown);
}

async function closeWithin(pool: ConnectionPool): Promise<void> {
  const limit = new AbortController();
  await Promise.race([pool.close().catch(() => undefined), sleep(CLOSE_LIMIT_MS, limit.signal)]);
  limit.abort();
}
