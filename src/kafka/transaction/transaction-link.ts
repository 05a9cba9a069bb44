import { sleep } from '../../base/clock.ts';
import { apis, type ApiFamily, type LibraryApi } from '../cluster/api.ts';
import type { ConnectionRole } from '../channels.ts';
import { errorName, withResponse, type BoundApi, type Cluster } from '../cluster/cluster.ts';
import { codeError, toTransactionError, TransactionError } from './transaction-error.ts';

/** Who coordinates: consumer groups and transactions have one broker each that keeps their state. */
export type CoordinatorKind = 'group' | 'transaction';

// What is told while the transaction before is being ended.
const ENDING = new Set(['CONCURRENT_TRANSACTIONS', 'UNSTABLE_OFFSET_COMMIT']);
const KEY_TYPES = { group: 0, transaction: 1 } as const;
const CONCURRENT_PAUSE_MS = 20;
const CONCURRENT_PAUSE_MAX_MS = 200;

/** The way of a transactional writer to its coordinators: finds them, repeats what passes, and gives up after a limit. */
export class TransactionLink {
  readonly cluster: Cluster;
  readonly #limitMs: number;
  readonly #nodes = new Map<string, number>();

  /** @param limitMs how long one step may be repeated; a request that is under way then is waited for (30 s at most) */
  constructor(cluster: Cluster, limitMs: number) {
    this.cluster = cluster;
    this.#limitMs = limitMs;
  }

  /** @throws TransactionError, of ending `retry` while there is no coordinator */
  async bind<A extends LibraryApi>(kind: CoordinatorKind, key: string, family: ApiFamily<A>): Promise<BoundApi<A>> {
    const place = `${kind} ${key}`;
    const node = this.#nodes.get(place) ?? (await this.#find(kind, key));
    this.#nodes.set(place, node);
    return this.cluster.bind('group', family, node);
  }

  /**
   * Runs a step until it succeeds.
   *
   * @throws TransactionError of another ending than `retry`; `unknown` when the limit is over
   */
  async attempt<T>(role: ConnectionRole, what: string, step: () => Promise<T>): Promise<T> {
    const begunMs = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await step();
        this.cluster.recovered(role);
        return result;
      } catch (thrown) {
        const error = toTransactionError(thrown);
        if (error.ending !== 'retry') throw error;
        if (this.cluster.closed)
          throw new TransactionError('CLOSED', `${what}: the client is closing`, 'unknown', error);
        if (performance.now() - begunMs > this.#limitMs) {
          throw new TransactionError(error.code, `${what}, given up: ${error.message}`, 'unknown', error);
        }
        // A matter of milliseconds, and no trouble.
        if (ENDING.has(error.code)) {
          await sleep(Math.min(CONCURRENT_PAUSE_MS * attempt, CONCURRENT_PAUSE_MAX_MS), this.cluster.signal);
          continue;
        }
        this.#nodes.clear();
        await this.cluster.pause(role, what, error, attempt);
      }
    }
  }

  async #find(kind: CoordinatorKind, key: string): Promise<number> {
    // Makes the address of the coordinator known, too.
    await this.cluster.refresh([]);
    const { api, connection } = await this.cluster.bind('metadata', apis.findCoordinator);
    const response = await withResponse(api.call(connection, KEY_TYPES[kind], [key]));
    const found = response.coordinators[0];
    const error = codeError(found === undefined ? 'COORDINATOR_NOT_AVAILABLE' : errorName(found.errorCode), `coordinator of ${kind} '${key}'`); // prettier-ignore
    if (error !== undefined) throw error;
    return found?.nodeId ?? -1;
  }
}
