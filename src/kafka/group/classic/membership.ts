import type { GroupProtocol, Ownership } from './group-messages.ts';

/** What to do with partitions after the group has said who reads what. */
export interface PartitionMoves {
  /** Ours from now on. */
  readonly added: readonly number[];
  /** No longer meant for us: finish and commit what is under way, and give them up. */
  readonly revoked: readonly number[];
  /** With another member already. */
  readonly lost: readonly number[];
  /** Join again when the revoked ones are given up, so that they can be handed out. */
  readonly rejoin: boolean;
}

/**
 * What a member of a consumer group owns and knows of itself, and what follows for it from each answer of the group. Pure: the
 * member asks the coordinator and tells the answers here; it carries out what comes back, and tells when that is done.
 *
 * Cooperative: partitions are kept while the group rebalances, and only those that should move are given up, afterwards. Eager
 * (range): everything is given up before joining. The coordinator chooses, by what all members know.
 */
export class Membership {
  /** Empty before the group has given one. */
  memberId = '';
  /** That we have joined, for the group's own requests; -1 while we are no member. */
  generation = -1;
  readonly #owned = new Set<number>();
  #assignedIn = -1;
  #protocol: GroupProtocol = 'cooperative-sticky';

  /** Given to us and not given up. */
  get owned(): readonly number[] {
    return [...this.#owned];
  }

  /**
   * Generation of the assignment that the owned partitions come from; -1 while there is none. Offsets are stored in its name: in
   * a newer one, whose assignment is still on its way, the partitions may be with others already.
   */
  get assignedIn(): number {
    return this.#assignedIn;
  }

  /** What to say when joining. */
  get ownership(): Ownership {
    return { partitions: this.owned, generation: this.#assignedIn };
  }

  /** What must be given up before the group can be joined again. */
  get revokedFirst(): readonly number[] {
    return this.#protocol === 'range' ? this.owned : [];
  }

  /** The group has taken us in, and a new generation begins. What we owned is still ours. */
  joined(memberId: string, generation: number): void {
    this.memberId = memberId;
    this.generation = generation;
  }

  /** The assignment of this generation has come. */
  synced(protocol: GroupProtocol, given: readonly number[]): PartitionMoves {
    this.#protocol = protocol;
    this.#assignedIn = this.generation;
    const assigned = new Set(given);
    const missing = this.owned.filter((partition) => !assigned.has(partition));
    if (protocol === 'range' && this.#owned.size > 0) {
      // A member has joined that shares only eagerly, and we had given up nothing for it: do so now, and join as it does. What
      // the leader has given away meanwhile is with others, who have begun at the committed offsets.
      this.givenUp(missing);
      return { added: [], revoked: this.owned, lost: missing, rejoin: true };
    }
    const added = [...assigned].filter((partition) => !this.#owned.has(partition));
    for (const partition of added) this.#owned.add(partition);
    return { added, revoked: missing, lost: [], rejoin: missing.length > 0 };
  }

  /** These are given up. */
  givenUp(partitions: readonly number[]): void {
    for (const partition of partitions) this.#owned.delete(partition);
  }

  /**
   * The group goes on without us: all that we owned is with others.
   *
   * @param forgotten the group does not know the member id any more either
   */
  fenced(forgotten: boolean): void {
    this.#owned.clear();
    this.#assignedIn = -1;
    this.generation = -1;
    if (forgotten) this.memberId = '';
  }
}
