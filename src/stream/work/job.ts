import type { InputRecord } from '../../kafka/record.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { Failure } from '../failure.ts';
import type { PartitionWork } from './partition-work.ts';
import type { Shard } from './shard.ts';

// What a record takes in memory beside its bytes: the objects that hold it, measured at 440 bytes with a key and no headers.
// Without it a stream of tiny or empty records would know no limit.
const OVERHEAD_BYTES = 512;

/** A record on its way through the graph, from being read to being stored. One shape, made once. */
export class Job {
  readonly record: InputRecord;
  /** What the partition's offset tracker knows the record by. */
  readonly sequence: number;
  readonly work: PartitionWork;
  readonly receivedAtMs: number;
  /** Bytes that the job keeps alive: the request, the objects around it, and the result once there is one. */
  heldBytes: number;
  /** It was given an attempt beyond the limit, because its busy model was found ready. */
  hadLastChance = false;
  /** Attempts begun, counted from 1. */
  attempts = 0;
  /** When the last attempt began. */
  startedAtMs = 0;
  /** Attempts that failed and the waits after them, in milliseconds: what counts against the deadline. */
  spentMs = 0;
  /** Keeps results in order; undefined where no order is asked for. */
  shard: Shard | undefined;
  /** The next job of the same shard. */
  following: Job | undefined;
  /** How the job ended, while it waits for its turn. */
  result: Payload | undefined;
  failure: Failure | undefined;
  /** Id of the prediction; made at the first attempt and kept over retries. */
  puid = '';

  constructor(record: InputRecord, sequence: number, work: PartitionWork, receivedAtMs: number) {
    this.record = record;
    this.sequence = sequence;
    this.work = work;
    this.receivedAtMs = receivedAtMs;
    this.heldBytes = record.sizeBytes + OVERHEAD_BYTES;
  }

  get ended(): boolean {
    return this.result !== undefined || this.failure !== undefined;
  }
}
