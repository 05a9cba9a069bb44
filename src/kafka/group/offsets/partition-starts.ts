import { sleep } from '../../../base/clock.ts';
import { offsetsAwaited } from '../../channels.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { toKafkaError, type KafkaError } from '../../kafka-error.ts';
import type { GroupMember } from '../group-member.ts';
import { startOffsets, type StartOffset, type StartSettings } from './start-offsets.ts';

// How often a partition is looked at whose last owner has left a transaction open.
const AWAITED_PAUSE_MS = 200;

export interface PartitionStartsHandler {
  /** Here work on them can begin; none are found for none. */
  found(starts: readonly StartOffset[], generation: number): void;
  /** A person must act. */
  failed(error: KafkaError): void;
}

/**
 * Finds out where partitions begin that the group has just given us: at once as a rule, but it can take until a broker is back, or
 * until a transaction has ended. Meanwhile the membership goes on, and they may be taken away again.
 */
export class PartitionStarts {
  readonly #cluster: Cluster;
  readonly #member: GroupMember;
  readonly #settings: StartSettings;
  readonly #handler: PartitionStartsHandler;
  /** One set for each time that some were looked for. */
  readonly #awaited = new Set<Set<number>>();

  constructor(cluster: Cluster, member: GroupMember, settings: StartSettings, handler: PartitionStartsHandler) {
    this.#cluster = cluster;
    this.#member = member;
    this.#settings = settings;
    this.#handler = handler;
  }

  /** @param readBefore id of the topic that was read before under that name; empty for none */
  find(numbers: readonly number[], generation: number, readBefore: string): void {
    if (numbers.length === 0) return this.#handler.found([], generation);
    const awaited = new Set(numbers);
    this.#awaited.add(awaited);
    void this.#find(awaited, generation, readBefore).finally(() => this.#awaited.delete(awaited));
  }

  /** These are not ours any more. */
  forget(numbers: readonly number[]): void {
    for (const awaited of this.#awaited) for (const number of numbers) awaited.delete(number);
  }

  async #find(awaited: Set<number>, generation: number, readBefore: string): Promise<void> {
    const { group, topic } = this.#settings;
    for (let attempt = 0, looks = 0; awaited.size > 0 && !this.#cluster.closed; looks++) {
      try {
        const found = await startOffsets(this.#cluster, this.#member, this.#settings, readBefore, [...awaited]);
        this.#cluster.recovered('group');
        attempt = 0;
        // They may have gone meanwhile, and others have worked on them.
        const starts = found.filter(({ partition }) => awaited.delete(partition));
        if (starts.length > 0) this.#handler.found(starts, generation);
        if (awaited.size === 0) return;
        if (looks === 0 && offsetsAwaited.hasSubscribers) {
          offsetsAwaited.publish({ group, topic, partitions: [...awaited] });
        }
        await sleep(AWAITED_PAUSE_MS, this.#cluster.signal);
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (error.code === 'CLOSED') return;
        if (error.failure === 'fatal') return this.#handler.failed(error);
        // Our place in the group has just changed: with the next answer of the group we know it.
        if (error.code === 'STALE_MEMBER_EPOCH') {
          await sleep(AWAITED_PAUSE_MS, this.#cluster.signal);
          continue;
        }
        this.#member.coordinator.forget();
        await this.#cluster.pause('group', `offsets of group '${group}'`, error, ++attempt);
      }
    }
  }
}
