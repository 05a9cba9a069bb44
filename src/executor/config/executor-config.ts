import type { ConnectionOptions, ConsumerOptions } from '../../kafka/options.ts';
import type { PredictorSpec } from '../../deployment/seldon-deployment.ts';
import type { NodeEndpoint } from '../../graph/model-client.ts';
import type { Protocol, Transport } from '../../protocol/payload.ts';
import type { StreamOptions } from '../../stream/options.ts';
import type { PayloadLogConfig } from '../../telemetry/payload-log/payload-log-config.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Everything a streaming predictor needs to know of Kafka and of its stream. */
export interface KafkaConfig {
  readonly connection: ConnectionOptions;
  readonly consumer: ConsumerOptions;
  /** Its `modelTimeoutMs` is the limit that holds: an annotation has been taken into account. */
  readonly stream: StreamOptions;
  /** Consumer group, `<predictor>.<deployment>.<namespace>`. */
  readonly group: string;
}

/** What one executor process does: complete, checked, every time in milliseconds. */
export interface ExecutorConfig {
  readonly deploymentName: string;
  readonly namespace: string;
  readonly predictor: PredictorSpec;
  readonly protocol: Protocol;
  readonly transport: Transport;
  /** Where nodes are, by name, instead of what the predictor says. */
  readonly overrideEndpoints: ReadonlyMap<string, NodeEndpoint>;
  /** Write the routes taken into `meta.routing` of the results. */
  readonly routingInjection: boolean;
  /** Absent when the predictor is not a stream processor (server type `rpc`). */
  readonly kafka: KafkaConfig | undefined;
  readonly http: HttpConfig;
  /** Absent when nothing is to be served over gRPC (`millrace run` without a port for it). */
  readonly grpc: GrpcConfig | undefined;
  /** Of both ports; absent for plain text. */
  readonly tls: TlsFiles | undefined;
  readonly gracefulTimeoutMs: number;
  readonly shutdownDelayMs: number;
  /** Ask the models' health endpoints, not only whether they accept connections. */
  readonly fullHealthChecks: boolean;
  /** Limit of one model call, in milliseconds, by how it is made. */
  readonly modelTimeoutMs: Readonly<Record<Transport, number>>;
  /** Largest answer of a model that is taken, by how it was called. */
  readonly maxAnswerBytes: Readonly<Record<Transport, number>>;
  /** Absent when no unit of the graph logs its payloads. */
  readonly payloadLog: PayloadLogConfig | undefined;
  /** Of the pod, or of the document: `seldon.io/...`. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'people' };
  /** What is logged at the start: where things come from. */
  readonly notes: readonly string[];
  /** What the user should know though it does not stop the start. */
  readonly warnings: readonly string[];
}

/** How HTTP is served. */
export interface HttpConfig {
  /** Address to listen on; `::` is every address. */
  readonly host: string;
  readonly port: number;
  readonly metricsPath: string;
  readonly corsAllowedOrigins: string;
  readonly corsAllowedHeaders: string;
  /** Largest body of a request. */
  readonly maxMessageBytes: number;
}

/** How gRPC is served. */
export interface GrpcConfig {
  /** Address to listen on; `::` is every address. */
  readonly host: string;
  readonly port: number;
  /** Largest message that is taken or sent. */
  readonly maxMessageBytes: number;
}

/** Paths of a certificate with its chain and of its key, both PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}
