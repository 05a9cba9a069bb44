import { errorText, MillraceError } from '../../base/errors.ts';
import type { Protocol } from '../../protocol/payload.ts';
import { readBehaviour } from './behaviour.ts';
import { requireRuntime } from './engine/onnx-runtime-missing.ts';
import { faultGate } from './faults/fault-gate.ts';
import { startGrpcFront, type GrpcFront } from './grpc-front.ts';
import { httpFront } from './http-front.ts';
import { defaultModelServerOptions, defaultThreads, type ModelServerOptions } from './options.ts';
import { startWorkerPool } from './pool/worker-pool.ts';
import type { Signature } from './tensors/tensor.ts';

export interface ModelServer {
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Undefined where gRPC is not served. */
  readonly grpcPort: number | undefined;
  /** `grpc://host:port`. */
  readonly grpcUrl: string | undefined;
  /** Threads that answer. */
  readonly threads: number;
  /** Undefined for a script. */
  readonly signature: Signature | undefined;
  /** Answers what has been asked, within a limit, and lets go of ports and threads. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Serves an ONNX model or a script over the REST API and the gRPC services of each protocol.
 *
 * @param given `name` is needed, and so is what to serve; port 0 takes a free one
 * @throws MillraceError for options that do not go together, a missing or broken model, a taken port, or when ONNX Runtime is needed
 *   and not installed
 */
export async function startModelServer(
  given: Partial<ModelServerOptions> & Pick<ModelServerOptions, 'name'>,
): Promise<ModelServer> {
  const options = { ...defaultModelServerOptions(), ...given };
  const { name, version, role, host, bodyLimitBytes } = options;
  const { behaviour, failCode } = readBehaviour(options);
  const isModel = behaviour.kind === 'onnx';
  if (isModel) requireRuntime();
  const threads = options.threads === 0 ? (isModel ? defaultThreads() : 1) : options.threads;
  const pool = await startWorkerPool({ behaviour, name, version, role }, { ...options, threads });
  const gate = faultGate({ ...options, failCode, held: options.queueLength });
  const protocols: readonly Protocol[] =
    options.protocol === 'all' ? ['tensorflow', 'v2', 'seldon'] : [options.protocol];
  const model = { name, version, role, signature: pool.signature };
  const shared = { protocols, model, bodyLimitBytes, gate, answer: pool.answer };
  const front = httpFront(shared);
  let grpc: GrpcFront | undefined;

  async function close(): Promise<void> {
    // An open connection that asks nothing more must not hold the end up.
    const timer = setTimeout(() => front.server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await Promise.all([front.close(), grpc?.close(CLOSE_TIMEOUT_MS)]);
    clearTimeout(timer);
    await pool.close();
  }

  try {
    await front.listen({ port: options.port, host });
  } catch (error) {
    await close();
    throw addressTaken(host, options.port, '--port (0 is any free one) or --host', error);
  }
  try {
    if (options.grpc) grpc = await startGrpcFront({ ...shared, host, port: options.grpcPort });
  } catch (error) {
    await close();
    throw addressTaken(host, options.grpcPort, '--grpc-port (0 is any free one), or --no-grpc', error);
  }
  const address = front.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    port,
    url: `http://${shownHost}:${port}`,
    grpcPort: grpc?.port,
    grpcUrl: grpc && `grpc://${shownHost}:${grpc.port}`,
    threads,
    signature: pool.signature,
    close,
  };
}

function addressTaken(host: string, port: number, other: string, cause: unknown): MillraceError {
  return new MillraceError(`cannot listen at ${host}:${port}: ${errorText(cause)}`, {
    code: 'MODEL_SERVER_ADDRESS',
    remedy: `give another ${other}`,
    cause,
  });
}
