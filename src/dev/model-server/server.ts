import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, MillraceError } from '../../base/errors.ts';
import type { Protocol } from '../../protocol/payload.ts';
import { requireRuntime } from './engine/onnx-runtime-missing.ts';
import { httpFront } from './http-front.ts';
import { defaultModelServerOptions, type ModelServerOptions } from './options.ts';
import { startWorkerPool } from './pool/worker-pool.ts';
import type { Signature } from './tensors/tensor.ts';

export interface ModelServer {
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  readonly signature: Signature;
  /** Answers what has been asked, within a limit, and lets go of port and threads. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Serves an ONNX model over the REST API of each protocol.
 *
 * @param given `name` and `model` (the file) are needed; port 0 takes a free one
 * @throws MillraceError for a missing or broken model, a taken port, or when ONNX Runtime is not installed
 */
export async function startModelServer(
  given: Partial<ModelServerOptions> & Pick<ModelServerOptions, 'name' | 'model'>,
): Promise<ModelServer> {
  const options = { ...defaultModelServerOptions(), ...given };
  // ONNX Runtime reports its use to its makers unless told otherwise; set here, since a worker's environment is a copy.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  requireRuntime();
  const file = modelFile(options.model);
  const { name, version } = options;
  const pool = await startWorkerPool({ file, name, version }, options);
  const protocols: readonly Protocol[] =
    options.protocol === 'all' ? ['tensorflow', 'v2', 'seldon'] : [options.protocol];
  const front = httpFront({
    protocols,
    model: { name, version, signature: pool.signature },
    bodyLimitBytes: options.bodyLimitBytes,
    answer: pool.answer,
  });

  async function close(): Promise<void> {
    // An open connection that asks nothing more must not hold the end up.
    const timer = setTimeout(() => front.server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await front.close();
    clearTimeout(timer);
    await pool.close();
  }

  try {
    await front.listen({ port: options.port, host: options.host });
  } catch (error) {
    await close();
    throw new MillraceError(`cannot listen at ${options.host}:${options.port}: ${errorText(error)}`, {
      code: 'MODEL_SERVER_ADDRESS',
      remedy: 'give another --port (0 is any free one) or --host',
      cause: error,
    });
  }
  const address = front.server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { port, url: `http://${host}:${port}`, signature: pool.signature, close };
}

function modelFile(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return resolve(path);
  throw new MillraceError(`there is no model file '${path}'`, {
    code: 'MODEL_MISSING',
    remedy: 'give the path of an ONNX file, such as examples/cifar10/resnet32.onnx',
  });
}
