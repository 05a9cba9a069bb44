import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startModelServer, type ModelServer } from '../../../../src/dev/model-server/server.ts';

export const EXAMPLES = join(import.meta.dirname, '../../../../examples');
export const RESNET = join(EXAMPLES, 'cifar10/resnet32.onnx');
export const DIGITS = join(EXAMPLES, 'digits/digits.onnx');

/** Why tests of real models cannot run here, or false: ONNX Runtime is an optional dependency. */
export const noRuntime = ((): string | false => {
  try {
    import.meta.resolve('onnxruntime-node');
    return false;
  } catch {
    return 'onnxruntime-node is not installed';
  }
})();

/** A model server for one test. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  options: Parameters<typeof startModelServer>[0],
): Promise<ModelServer> {
  const server = await startModelServer({ port: 0, grpcPort: 0, threads: 1, ...options });
  t.after(() => server.close());
  return server;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

/** One request; a string or buffer is sent as it is, anything else as JSON. */
export async function ask(url: string, body?: unknown, init: RequestInit = {}): Promise<Reply> {
  const given = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const sent = body === undefined ? {} : { method: 'POST', body: given as string };
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000), ...sent, ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const json: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.status, text, json, headers: response.headers };
}
