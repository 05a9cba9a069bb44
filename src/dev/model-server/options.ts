import { availableParallelism } from 'node:os';
import { boolean, choice, duration, integer, string, type OptionValues } from '../../base/options.ts';
import { faultOptions } from './faults/fault-options.ts';
import { scriptOptions } from './scripts/script-options.ts';

/** What `millrace model-server` can be told. */
export const modelServerOptions = {
  name: string({ default: '', flag: 'name', unit: 'name', help: 'name of the model in paths and messages' }),
  model: string({ default: '', flag: 'model', unit: 'file', help: 'the model, an ONNX file' }),
  version: string({ default: '1', flag: 'version', unit: 'version', help: 'version of the model that paths may name' }),
  host: string({ default: '127.0.0.1', flag: 'host', unit: 'address', help: 'address to listen at' }),
  port: integer({
    default: 8501,
    min: 0,
    max: 65_535,
    flag: 'port',
    unit: 'port',
    help: 'port of REST; 0 is a free one',
  }),
  grpcPort: integer({
    default: 8500,
    min: 0,
    max: 65_535,
    flag: 'grpc-port',
    unit: 'port',
    help: 'port of gRPC; 0 is a free one',
  }),
  grpc: boolean({ default: true, flag: 'grpc', help: 'serve gRPC too' }),
  protocol: choice({
    default: 'all',
    choices: ['all', 'seldon', 'tensorflow', 'v2'],
    flag: 'protocol',
    unit: 'protocol',
    help: 'whose paths and methods are served',
  }),
  threads: integer({
    default: 0,
    min: 0,
    max: 256,
    flag: 'threads',
    unit: 'count',
    help: 'threads that run the model, each with its own copy; as many as cores, 8 at most, unless given (a script: 1)',
  }),
  queueLength: integer({
    default: 1_024,
    min: 1,
    max: 1_000_000,
    flag: 'queue',
    unit: 'requests',
    help: 'requests that may wait for a thread; more are answered 503 (gRPC: RESOURCE_EXHAUSTED)',
  }),
  queueBytes: integer({
    default: 256 * 1024 * 1024,
    min: 1_024,
    flag: 'queue-bytes',
    unit: 'bytes',
    help: 'bytes of the requests that may wait; more are answered 503',
  }),
  bodyLimitBytes: integer({
    default: 64 * 1024 * 1024,
    min: 1_024,
    max: 1024 * 1024 * 1024,
    flag: 'body-limit',
    unit: 'bytes',
    help: 'largest request; larger ones are answered 413 (gRPC: RESOURCE_EXHAUSTED)',
  }),
  requestTimeoutMs: duration({
    default: 60_000,
    min: 1,
    max: 3_600_000,
    flag: 'request-timeout',
    help: 'limit of one request, waiting included; then it is answered 504 (gRPC: DEADLINE_EXCEEDED)',
  }),
  loadTimeoutMs: duration({
    default: 120_000,
    min: 1,
    max: 3_600_000,
    flag: 'load-timeout',
    help: 'limit of loading the model',
  }),
  ...scriptOptions,
  ...faultOptions,
} as const;

export type ModelServerOptions = OptionValues<typeof modelServerOptions>;

/** Threads for a model where none are asked for. */
export function defaultThreads(): number {
  return Math.min(8, availableParallelism());
}

/** The defaults: `name` is empty and has to be given, and so has what is served. */
export function defaultModelServerOptions(): ModelServerOptions {
  const entries = Object.entries(modelServerOptions).map(([name, spec]) => [name, spec.default]);
  return Object.fromEntries(entries) as ModelServerOptions;
}
