import type { DemoPlan } from '../demo/demo-plan.ts';
import type { Protocol } from '../../protocol/payload.ts';

/** What a `demo.yaml` says: a graph with all that it needs to be seen at work. */
export interface Example {
  /** What there is to see, a sentence or two. */
  readonly about: string;
  readonly plan: DemoPlan;
  readonly protocol: Protocol;
  /** Records of the topic; where requests are answered, those over HTTP. */
  readonly requests: ExampleRequests;
  /** The same requests as they are asked over gRPC; undefined where they are not. */
  readonly grpcRequests: ExampleRequests | undefined;
  /** File of the right answers, one a line: each answer gets feedback, with reward 1 where it is right. Undefined: none does. */
  readonly truth: string | undefined;
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
