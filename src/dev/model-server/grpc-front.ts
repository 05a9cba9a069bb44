import { createServer, type Socket } from 'node:net';
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { errorText } from '../../base/errors.ts';
import type { Protocol } from '../../protocol/payload.ts';
import type { Answer, RawRequest } from './engine/raw-request.ts';
import type { FaultGate } from './faults/fault-gate.ts';
import { ScriptedFailure, ScriptedReset } from './faults/scripted-failure.ts';
import type { GrpcMethod } from './grpc/grpc-method.ts';
import { GRPC_METHODS } from './grpc/grpc-methods.ts';
import type { ServedModel } from './protocols/rest-protocol.ts';
import { OverloadError, RequestError } from './request-error.ts';
import { grpcCodeOf } from './status-code.ts';

export interface GrpcFrontOptions {
  readonly host: string;
  readonly port: number;
  readonly protocols: readonly Protocol[];
  readonly model: ServedModel;
  readonly bodyLimitBytes: number;
  readonly gate: FaultGate;
  answer(request: RawRequest, signal: AbortSignal): Promise<Answer>;
}

export interface GrpcFront {
  readonly port: number;
  /** Answers what has been asked, within the limit. */
  close(timeoutMs: number): Promise<void>;
}

type Call = ServerUnaryCall<Buffer, Uint8Array>;

/** The gRPC side: it moves bytes, and parses none. @throws Error when the address is taken */
export async function startGrpcFront(options: GrpcFrontOptions): Promise<GrpcFront> {
  const server = new Server({
    'grpc.max_receive_message_length': options.bodyLimitBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  // By their address, which a call knows: a scripted reset cuts the connection itself.
  const sockets = new Map<string, Socket>();
  for (const [path, method] of GRPC_METHODS) {
    if (!options.protocols.includes(method.protocol)) continue;
    const handle: handleUnaryCall<Buffer, Uint8Array> = (call, reply) => {
      answerCall(path, method, call, options).then(
        (bytes) => reply(null, bytes),
        (error: unknown) => {
          if (error instanceof ScriptedReset) sockets.get(call.getPeer())?.resetAndDestroy();
          else reply(failureOf(error));
        },
      );
    };
    server.register(path, handle, toBuffer, (bytes: Buffer) => bytes, 'unary');
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(peer, socket);
    socket.on('close', () => sockets.delete(peer));
    // Whoever cuts the connection is the one to know; nothing is lost by it here.
    socket.on('error', () => socket.destroy());
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port, options.host, resolve);
  });
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : options.port;

  async function close(timeoutMs: number): Promise<void> {
    // Every connection is told to ask nothing more, and ends with its last answer. (The library calls back before that.)
    server.tryShutdown(() => {});
    const timer = setTimeout(() => {
      for (const socket of sockets.values()) socket.destroy();
    }, timeoutMs);
    await new Promise<void>((resolve) => {
      listener.close(() => resolve());
    });
    clearTimeout(timer);
    server.forceShutdown();
  }

  return { port, close };
}

async function answerCall(
  path: string,
  method: GrpcMethod,
  call: Call,
  options: GrpcFrontOptions,
): Promise<Uint8Array> {
  const { model, gate, answer } = options;
  if (method.roles && !method.roles.includes(model.role)) {
    throw new RequestError(501, `this is a ${model.role}; ${path} is not for it`);
  }
  if (method.info) return method.info(call.request, model);
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  const random = await gate.pass(gone.signal);
  const { status: http, body } = await answer(
    { transport: 'grpc', method: path, body: call.request, random },
    gone.signal,
  );
  if (typeof body !== 'string') return body;
  throw new RequestError(http, body);
}

function failureOf(error: unknown): Partial<ServiceError> {
  const metadata = new Metadata();
  if (error instanceof ScriptedFailure && error.retryAfterMs > 0) {
    metadata.set('grpc-retry-pushback-ms', String(Math.round(error.retryAfterMs)));
  }
  return { code: codeOf(error), details: errorText(error), metadata };
}

function codeOf(error: unknown): number {
  if (error instanceof ScriptedFailure) return error.grpcCode;
  if (error instanceof OverloadError) return status.RESOURCE_EXHAUSTED;
  return error instanceof RequestError ? grpcCodeOf(error.status) : status.INTERNAL;
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
