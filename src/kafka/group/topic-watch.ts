import type { Cluster } from '../cluster/cluster.ts';

// How long a new partition of the input topic may stay unread, beside the rebalance.
const CHECK_MS = 10_000;

/** Looks now and then whether the topic of a group still has the partitions that were shared among its members. */
export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #looked: () => void;
  #counted: number | undefined;
  #checkedAtMs = 0;
  #checking = false;

  /** @param looked called after each look: leaders may have moved, or the topic may have been made again */
  constructor(cluster: Cluster, topic: string, looked: () => void) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#looked = looked;
  }

  /** The group is about to be joined with what is known of the topic now. */
  joining(): void {
    this.#counted = this.#count;
    this.#checkedAtMs = performance.now();
  }

  /** So many have been shared out, and not as many as there were at the last join; undefined for as many. */
  shared(count: number | undefined): void {
    this.#counted = count ?? this.#counted;
  }

  /** Whether the group should share the partitions anew. A topic that is gone is no reason: it may be made again. */
  get changed(): boolean {
    return this.#count !== undefined && this.#count !== this.#counted;
  }

  /**
   * Looks in the background, when it is time; nothing waits for it, so that a slow broker does not hold up a heartbeat.
   *
   * @param now there is a reason not to wait
   */
  look(now = false): void {
    if (this.#checking || (!now && performance.now() - this.#checkedAtMs < CHECK_MS)) return;
    this.#checking = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      await this.#cluster.refresh([this.#topic]);
      this.#looked();
    } catch {
      // Who needs the brokers finds out and says so.
    }
    this.#checkedAtMs = performance.now();
    this.#checking = false;
  }

  get #count(): number | undefined {
    return this.#cluster.topic(this.#topic)?.partitions.length;
  }
}
