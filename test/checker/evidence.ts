/** A record as the witness has read it. */
export interface WitnessedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When the broker stored it: the topics of a run have LogAppendTime. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, string])[];
}

/** What the brokers said in the middle of a run: first the commits were asked for, then the ends. */
export interface Sample {
  readonly atMs: number;
  /** By partition of the input topic. */
  readonly committed: ReadonlyMap<number, number>;
  /** Offset after the last record, by `topic/partition`. */
  readonly ends: ReadonlyMap<string, number>;
}

/** All that the verdict is made of. */
export interface Evidence {
  readonly inputs: readonly WitnessedRecord[];
  readonly results: readonly WitnessedRecord[];
  readonly errors: readonly WitnessedRecord[];
  /** In the order of time; the last one is of the end. */
  readonly samples: readonly Sample[];
  /** Partitions with a transaction that nobody has ended. */
  readonly hanging: readonly string[];
}

/** The value of a header; the last one, if there are several. */
export function headerOf(record: WitnessedRecord, name: string): string | undefined {
  return record.headers.findLast(([own]) => own === name)?.[1];
}

/** `partition/offset`, short enough to be read by people. */
export function placeOf({ partition, offset }: WitnessedRecord): string {
  return `${partition}/${offset}`;
}
