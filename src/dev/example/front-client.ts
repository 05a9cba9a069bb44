import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { errorText } from '../../base/errors.ts';
import type { Protocol } from '../../protocol/payload.ts';
import { decodeMessage, encodeMessage, messagesOf } from '../graph-test/protobuf/message-json.ts';

/** What a front has answered. */
export interface FrontAnswer {
  /** An HTTP status, or the name of a gRPC status. */
  readonly status: string;
  readonly ok: boolean;
  /** JSON; of a failure also a text. */
  readonly body: unknown;
}

/** One of the two ways that requests come in by; messages are JSON, over gRPC as protobuf has it. */
export interface FrontClient {
  predict(message: unknown): Promise<FrontAnswer>;
  feedback(message: unknown): Promise<FrontAnswer>;
  close(): void;
}

const ASK_TIMEOUT_MS = 30_000;

/** Path of predictions over HTTP. It names no model, so each node gets its own name. */
export const HTTP_PATHS: Readonly<Record<Protocol, string>> = {
  seldon: '/api/v1.0/predictions',
  tensorflow: '/v1/models/:predict',
  v2: '/v2/models/infer',
};

const GRPC_PATHS: Readonly<Record<Protocol, string>> = {
  seldon: '/seldon.protos.Seldon/Predict',
  tensorflow: '/tensorflow.serving.PredictionService/Predict',
  v2: '/inference.GRPCInferenceService/ModelInfer',
};

/** Asks the HTTP front on this machine. Statuses are answers; its methods throw when there is none. */
export function httpFrontClient(protocol: Protocol, port: number, signal: AbortSignal): FrontClient {
  const post = async (path: string, message: unknown): Promise<FrontAnswer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]),
    });
    return { status: String(response.status), ok: response.ok, body: parsed(await response.text()) };
  };
  return {
    predict: async (message) => post(HTTP_PATHS[protocol], message),
    feedback: async (message) => post('/api/v1.0/feedback', message),
    close: () => undefined,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks the gRPC front on this machine. Statuses are answers, also those of a connection that fails. */
export function grpcFrontClient(protocol: Protocol, port: number, signal: AbortSignal): FrontClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const ask = async (path: string, message: unknown): Promise<FrontAnswer> => {
    signal.throwIfAborted();
    const names = messagesOf(path);
    const bytes = encodeMessage(names?.request ?? '', message);
    const same = (one: Buffer): Buffer => one;
    const deadline = Date.now() + ASK_TIMEOUT_MS;
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, same, same, bytes, new Metadata(), { deadline }, (error, answer) => {
        if (error || answer === undefined) resolve(failure(error));
        else resolve({ status: 'OK', ok: true, body: decodeMessage(names?.answer ?? '', answer) });
      });
    });
  };
  return {
    predict: async (message) => ask(GRPC_PATHS[protocol], message),
    feedback: async (message) => ask('/seldon.protos.Seldon/SendFeedback', message),
    close: () => client.close(),
  };
}

function failure(error: ServiceError | null): FrontAnswer {
  return { status: status[error?.code ?? status.UNKNOWN] ?? '', ok: false, body: error?.details ?? errorText(error) };
}
