/** Who leads a partition. */
export interface TopicPartition {
  readonly partition: number;
  /** Node id of the leader; -1 while there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** A topic as a broker has told of it. */
export interface TopicMetadata {
  readonly name: string;
  /** Unique for ever, also when a topic is made again; the name where brokers know no ids. */
  readonly id: string;
  readonly partitions: readonly TopicPartition[];
}

const NO_ID = /^[0-]*$/;

/**
 * What a broker says of a topic, but for partitions of which it knows less than another has told before: one that has just come back,
 * or is behind, still names leaders that have died since. Epochs of leaders only grow (KIP-320), for as long as the topic is the same.
 */
export function withoutStaleLeaders(known: TopicMetadata | undefined, seen: TopicMetadata): TopicMetadata {
  if (known?.id !== seen.id || seen.id === seen.name || NO_ID.test(seen.id)) return seen;
  const partitions = seen.partitions.map((partition) => {
    const before = known.partitions[partition.partition];
    return before !== undefined && before.leaderEpoch > partition.leaderEpoch ? before : partition;
  });
  return { ...seen, partitions };
}
