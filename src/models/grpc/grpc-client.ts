import { packageVersion } from '../../base/version.ts';
import type { ModelClient, NodeCall, NodeEndpoint } from '../../graph/model-client.ts';
import { NodeError } from '../../graph/node-error.ts';
import { grpcMethod } from '../../protocol/grpc/methods.ts';
import { PROTOBUF_TYPE, protobufPayload, type Payload, type Protocol } from '../../protocol/payload.ts';
import { GrpcCall } from './grpc-call.ts';
import { grpcReadyCheck } from './ready-check.ts';
import { SessionPool, type PoolLimits } from './session-pool.ts';
import { ByAddress } from '../by-address.ts';
import { givenUp } from '../given-up.ts';
import { tcpCheck } from '../tcp-check.ts';

/** Limits of the client; times in milliseconds, sizes in bytes. */
export interface GrpcClientOptions {
  readonly protocol: Protocol;
  /** Limit of one call, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Connections to one node. */
  readonly maxSessionsPerNode?: number;
  /** Calls on one connection at one time, where the server does not ask for fewer; calls beyond wait. */
  readonly maxCallsPerSession?: number;
  /** Largest message that is taken as an answer, compressed or not. */
  readonly maxResponseBytes?: number;
  /** Limit of making a connection; never longer than `timeoutMs`. */
  readonly connectTimeoutMs?: number;
  /** How long calls may hear nothing before their connection is tested. */
  readonly keepaliveMs?: number;
  /** Ask a node whether it is ready, instead of only connecting. */
  readonly fullHealthChecks?: boolean;
  /** Limit of one readiness check. */
  readonly readyTimeoutMs?: number;
}

/** Calls model servers over gRPC, in plain text, messages as they are; see docs/decisions/0012-grpc-client.md. */
export function createGrpcClient(options: GrpcClientOptions): ModelClient {
  return new GrpcClient(options);
}

interface NodePool {
  readonly pool: SessionPool;
  readonly authority: string;
  /** What every call of a method carries, by path. */
  readonly headers: Map<string, readonly string[]>;
}

class GrpcClient implements ModelClient {
  readonly #protocol: Protocol;
  readonly #timeoutMs: number;
  readonly #maxResponseBytes: number;
  readonly #fullHealthChecks: boolean;
  readonly #readyTimeoutMs: number;
  readonly #userAgent = `millrace/${packageVersion()}`;
  readonly #pools: ByAddress<NodePool>;
  #closed = false;

  constructor(options: GrpcClientOptions) {
    this.#protocol = options.protocol;
    this.#timeoutMs = options.timeoutMs;
    this.#maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024;
    this.#fullHealthChecks = options.fullHealthChecks ?? false;
    this.#readyTimeoutMs = options.readyTimeoutMs ?? 1_000;
    const limits: PoolLimits = {
      maxSessions: options.maxSessionsPerNode ?? 4,
      maxCalls: options.maxCallsPerSession ?? 256,
      connectTimeoutMs: Math.min(options.timeoutMs, options.connectTimeoutMs ?? 5_000),
      keepaliveMs: options.keepaliveMs ?? 10_000,
    };
    this.#pools = new ByAddress((authority) => {
      return { pool: new SessionPool(`http://${authority}`, limits), authority, headers: new Map() };
    });
  }

  async call(call: NodeCall): Promise<Payload> {
    const { messageName = '' } = call.payload;
    const method = grpcMethod(this.#protocol, call.method, messageName);
    if (method === undefined) {
      throw new NodeError(
        `node '${call.nodeName}' cannot be sent a '${messageName}': the ${this.#protocol} protocol has no ` +
          `${call.method} call that takes one`,
        { failure: 'request', node: call.nodeName },
      );
    }
    const body = await this.#send(call, method.path, this.#timeoutMs, true);
    return protobufPayload(method.answer, body);
  }

  async checkReady(nodeName: string, endpoint: NodeEndpoint): Promise<void> {
    if (this.#closed) throw givenUp(nodeName);
    if (!this.#fullHealthChecks) return tcpCheck(nodeName, endpoint, this.#readyTimeoutMs);
    const check = grpcReadyCheck(this.#protocol, nodeName);
    const payload = { body: check.request, contentType: PROTOBUF_TYPE, contentEncoding: '' };
    const call: NodeCall = { nodeName, endpoint, method: 'predict', modelName: nodeName, payload, headers: [] };
    const answer = this.#send(call, check.path, Math.min(this.#readyTimeoutMs, this.#timeoutMs), false);
    await check.judge(answer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { pool } of this.#pools.all()) pool.close();
  }

  #send(call: NodeCall, path: string, timeoutMs: number, isPublished: boolean): Promise<Buffer> {
    if (this.#closed || call.signal?.aborted) return Promise.reject(givenUp(call.nodeName));
    const node = this.#pools.of(call.endpoint);
    const settings = {
      timeoutMs,
      maxResponseBytes: this.#maxResponseBytes,
      target: node.authority + path,
      headers: this.#headers(node, path),
      isPublished,
    };
    return new Promise((resolve, reject) => {
      node.pool.submit(new GrpcCall(call, settings, node.pool, resolve, reject));
    });
  }

  #headers({ headers, authority }: NodePool, path: string): readonly string[] {
    let known = headers.get(path);
    if (known === undefined) {
      known = [
        ...[':method', 'POST', ':scheme', 'http', ':authority', authority, ':path', path],
        ...['te', 'trailers', 'content-type', 'application/grpc', 'user-agent', this.#userAgent],
        ...['grpc-accept-encoding', 'identity'],
      ];
      headers.set(path, known);
    }
    return known;
  }
}
