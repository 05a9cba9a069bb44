import type { ConsumerOptions } from '../kafka/options.ts';
import type { Transport } from '../protocol/payload.ts';
import type { StreamOptions } from './options.ts';

/** What a pipeline is told beside its cluster and its graph. */
export interface PipelineSettings {
  readonly group: string;
  readonly consumer: ConsumerOptions;
  readonly stream: StreamOptions;
  /** What records hold: JSON (or what their Content-Type says) for `rest`, which is the default, protobuf for `grpc`. */
  readonly transport?: Transport;
}
