import type { GroupCoordinator } from './group-coordinator.ts';

/** What a member tells the consumer. */
export interface GroupMemberHandler {
  /** These partitions are ours from now on, beside those that were before; none is an assignment too. */
  assigned(partitions: readonly number[], generation: number): void;
  /** Finish and commit what is under way in these; they are given up when this resolves. It must bound itself. */
  revoke(partitions: readonly number[], reason: string): Promise<void>;
  /** These are gone already: nothing of them can be committed. */
  lost(partitions: readonly number[], reason: string): void;
  /** The topic's metadata is fresh. */
  topicSeen(): void;
}

/** A member of a consumer group that reads one topic, by whichever of Kafka's protocols. */
export interface GroupMember {
  /** Where the group is kept; others of the consumer ask it too. */
  readonly coordinator: GroupCoordinator;
  readonly memberId: string;
  /** Of our assignment: the classic protocol's generation, or our epoch; -1 while there is none. */
  readonly generation: number;
  /** Static membership; null for none. */
  readonly instanceId: string | null;
  /** Since the group last confirmed the membership, in milliseconds; undefined before the first time. */
  readonly unconfirmedMs: number | undefined;
  /** In whose name offsets are asked for: brokers answer it only while it is a member. Undefined: they need not look. */
  readonly asking: { readonly memberId: string; readonly memberEpoch: number } | undefined;
  /** Joins, and stays joined until `leave`. Rejects with a KafkaError of kind `fatal` when a person must act. */
  run(): Promise<void>;
  /** Ends the membership: partitions are revoked, then the group is told, so that it need not wait for a time-out. */
  leave(): Promise<void>;
  /**
   * The topic that these were assigned of is gone, and another has its name. Those that are ours of the new one are assigned
   * anew, now or when the group gives them.
   */
  replaced(partitions: readonly number[]): void;
}
