import { join } from 'node:path';
import { describeProblem, type Problem } from '../../base/errors.ts';
import type { Transport } from '../../protocol/payload.ts';
import { messageLimitOf, modelTimeoutOf, timeoutsNotRead } from './document/annotations.ts';
import type { TlsFiles } from './executor-config.ts';
import { executorOptions } from './options.ts';

export interface ServerLimits {
  readonly modelTimeoutMs: Readonly<Record<Transport, number>>;
  /** Of a message of the gRPC server. */
  readonly maxMessageBytes: number;
  /** Of a model's answer, by how it was called. */
  readonly maxAnswerBytes: Readonly<Record<Transport, number>>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * The limits that annotations set. A `seldon.io/grpc-timeout` that is no number is only a warning where the configured transport is
 * another: Seldon's executor ignores it. `seldon.io/grpc-max-message-size` is the limit of the gRPC server, as in Seldon; a model's
 * answer over gRPC may always be as large, and never has to be smaller than `maxMessageBytes`, as Seldon's clients take any size.
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
    maxAnswerBytes: { rest: maxMessageBytes, grpc: Math.max(message.maxMessageBytes ?? 0, maxMessageBytes) },
    problems,
    warnings: [...(transport === 'grpc' ? [] : grpc.problems.map(describeProblem)), ...timeoutsNotRead(annotations)],
  };
}

/** Names of the environment variables that say where the certificate is. */
export const certificateVariables: readonly string[] = [
  executorOptions.certMountPath,
  executorOptions.certFileName,
  executorOptions.certKeyFileName,
].flatMap(({ env }) => env ?? []);

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
