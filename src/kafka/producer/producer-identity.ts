import { apis } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';

/** Under which name brokers count the sequence numbers of a partition. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

const LAST_EPOCH = 2 ** 15 - 1;

/**
 * The identity of an idempotent producer. Brokers give it an id, which nobody else has; so its epochs are its own to count (KIP-360),
 * and a partition that has lost what it knew of the old one begins the next with sequence number 0.
 */
export class IdentitySource {
  readonly #cluster: Cluster;
  #newest: ProducerIdentity | undefined;
  #asking: Promise<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The one that new batches are written under. Rejects when no broker gives one. */
  async current(): Promise<ProducerIdentity> {
    while (this.#newest === undefined) {
      this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
      await this.#asking;
    }
    return this.#newest;
  }

  /** A partition cannot go on under this one: there is a later epoch. */
  bump(used: ProducerIdentity): void {
    if (used !== this.#newest) return;
    const { producerId, producerEpoch } = used;
    this.#newest = producerEpoch < LAST_EPOCH ? { producerId, producerEpoch: producerEpoch + 1 } : undefined;
  }

  /** Brokers do not take the id itself any more: there will be another. */
  discard(used: ProducerIdentity): void {
    if (used.producerId === this.#newest?.producerId) this.#newest = undefined;
  }

  async #ask(): Promise<void> {
    const { api, connection } = await this.#cluster.bind('produce', apis.initProducerId);
    const { producerId, producerEpoch } = await api.call(connection, null, 0);
    this.#newest = { producerId, producerEpoch };
  }
}
