import type { EmbeddedCluster } from '../../../src/dev/kafka/embedded-cluster.ts';
import type { Seeded } from '../../simulation/seeded.ts';
import type { ChaosModel } from '../arena/chaos-model.ts';
import type { Link } from '../arena/link.ts';
import type { LoadShape } from '../arena/load.ts';
import type { ReplicaSet } from '../arena/replica-set.ts';

/** After so long without a heartbeat the group gives an executor up. */
export const SESSION_MS = 4_000;

/** What a fault can lay its hands on, while executors work. */
export interface Stage {
  /** All choices come from it, so that a seed repeats them. */
  readonly random: Seeded;
  readonly replicas: ReplicaSet;
  readonly cluster: EmbeddedCluster;
  readonly links: readonly Link[];
  readonly model: ChaosModel;
  /** Tells and counts what is done to the stream. */
  inject(what: string): void;
  /** Lets time pass, between `minMs` and `maxMs`. Ends early, with an error, when the run is interrupted. */
  pass(minMs: number, maxMs: number): Promise<void>;
  /** Waits until all executors say that they are ready, within a bound. */
  ready(): Promise<void>;
  /** Broker that leads this partition of the input or output topic. */
  leaderOf(topic: 'input' | 'output', partition: number): Promise<number>;
  /** Broker that coordinates the group. */
  coordinator(): Promise<number>;
}

/** Something that goes wrong. */
export interface Fault {
  readonly name: string;
  /** One line: what is done. */
  readonly about: string;
  /** Executors at the beginning. Default 2. */
  readonly replicas?: number;
  readonly load?: Partial<LoadShape>;
  /** KAFKA_* variables of the executors. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limits of the output and error topic (`max.message.bytes`). */
  readonly topicBytes?: { readonly output: number; readonly errors: number };
  /** Codes of error records that answerable requests may end in. Default none. */
  readonly mayFail?: readonly string[];
  /** Does it, for some 10 seconds, and leaves everything in order. */
  play(stage: Stage): Promise<void>;
}
