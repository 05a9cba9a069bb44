import type { DemoPlan } from '../demo/demo-plan.ts';
import type { Protocol } from '../../protocol/payload.ts';

/** What a `demo.yaml` says: a graph with all that it needs to be seen at work. */
export interface Example {
  /** What there is to see, a sentence or two. */
  readonly about: string;
  readonly plan: DemoPlan;
  readonly protocol: Protocol;
  readonly requests: ExampleRequests;
  /** Error records that must come, of all requests. */
  readonly expectErrors: number;
}

export interface ExampleRequests {
  /** Path of the file. */
  readonly file: string;
  /** JSON lines, or protobuf messages with their sizes before them. */
  readonly format: 'json' | 'protobuf';
  /** Full name of the message that a request is; undefined over REST. JSON lines are made into that message. */
  readonly protoName: string | undefined;
}
