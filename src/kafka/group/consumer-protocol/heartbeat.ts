/** Partitions of one topic, by the topic's id: a topic that is made again is another. */
export interface TopicShare {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** What a member says in a heartbeat. */
export interface Heartbeat {
  readonly memberId: string;
  /** 0 to join. */
  readonly epoch: number;
  /** All that the group knows of us is said, and it answers with all that is ours: to join, and when an answer was lost. */
  readonly full: boolean;
  /** What is ours; undefined when that is what was said before. */
  readonly owned: readonly TopicShare[] | undefined;
}

/** What the group answers. */
export interface HeartbeatAnswer {
  readonly epoch: number;
  /** When to come again. */
  readonly intervalMs: number;
  /** All that should be ours; undefined when that has not changed. */
  readonly assignment: readonly TopicShare[] | undefined;
}
