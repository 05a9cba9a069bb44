import { join } from 'node:path';
import { describeProblem, type Problem } from '../base/errors.ts';
import type { Transport } from '../protocol/payload.ts';
import { messageLimitOf, modelTimeoutOf } from './annotations.ts';
import type { TlsFiles } from './executor-config.ts';

export interface ServerLimits {
  readonly modelTimeoutMs: Readonly<Record<Transport, number>>;
  readonly maxMessageBytes: number;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * The limits that annotations set. A `seldon.io/grpc-timeout` that is no number is only a warning where the configured transport is
 * another: Seldon's executor ignores it.
 *
 * @param timeoutMs of a model call where no annotation says one
 * @param maxMessageBytes of a gRPC message where no annotation says one
 */
export function serverLimits(
  annotations: Readonly<Record<string, string>>,
  transport: Transport,
  timeoutMs: number,
  maxMessageBytes: number,
): ServerLimits {
  const rest = modelTimeoutOf(annotations, 'rest');
  const grpc = modelTimeoutOf(annotations, 'grpc');
  const message = messageLimitOf(annotations);
  const problems = [...rest.problems, ...message.problems, ...(transport === 'grpc' ? grpc.problems : [])];
  return {
    modelTimeoutMs: { rest: rest.timeoutMs ?? timeoutMs, grpc: grpc.timeoutMs ?? timeoutMs },
    maxMessageBytes: message.maxMessageBytes ?? maxMessageBytes,
    problems,
    warnings: transport === 'grpc' ? [] : grpc.problems.map(describeProblem),
  };
}

/** The certificate's files; undefined where no folder is given. */
export function tlsFiles(options: {
  readonly certMountPath: string;
  readonly certFileName: string;
  readonly certKeyFileName: string;
}): TlsFiles | undefined {
  const { certMountPath, certFileName, certKeyFileName } = options;
  if (certMountPath === '') return undefined;
  return { certFile: join(certMountPath, certFileName), keyFile: join(certMountPath, certKeyFileName) };
}
