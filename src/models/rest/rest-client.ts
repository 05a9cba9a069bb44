import { Pool } from 'undici';
import type { ModelClient, NodeCall, NodeEndpoint } from '../../graph/model-client.ts';
import type { NodeMethod } from '../../protocol/node-method.ts';
import { HEADER } from '../../protocol/headers.ts';
import type { Payload, Protocol } from '../../protocol/payload.ts';
import { healthPath, restPath } from '../../protocol/rest/paths.ts';
import { healthCheck } from './health-check.ts';
import { RestCall, type CallLimits } from './rest-call.ts';
import { ByAddress } from '../by-address.ts';
import { givenUp } from '../given-up.ts';
import { tcpCheck } from '../tcp-check.ts';

/** Limits of the client; times in milliseconds, sizes in bytes. */
export interface RestClientOptions {
  readonly protocol: Protocol;
  /** Limit of one call, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Connections to one node; calls beyond them wait for a free one. */
  readonly maxConnectionsPerNode?: number;
  /** Largest answer that is taken. */
  readonly maxResponseBytes?: number;
  /** Limit of making a connection; never longer than `timeoutMs`. */
  readonly connectTimeoutMs?: number;
  /** Ask a node's own health route, where its protocol has one, instead of only connecting. */
  readonly fullHealthChecks?: boolean;
  /** Limit of one readiness check. */
  readonly readyTimeoutMs?: number;
}

/** Calls model servers over HTTP/1.1, one call at a time on a connection; see docs/decisions/0003-http-client.md. */
export function createRestClient(options: RestClientOptions): ModelClient {
  return new RestClient(options);
}

// Model names can come from the outside, so what is remembered of them is bounded.
const MAX_KNOWN_PATHS = 10_000;

interface NodePool {
  readonly pool: Pool;
  readonly origin: string;
}

class RestClient implements ModelClient {
  readonly #protocol: Protocol;
  readonly #limits: CallLimits;
  readonly #readyTimeoutMs: number;
  readonly #maxConnections: number;
  readonly #connectTimeoutMs: number;
  readonly #fullHealthChecks: boolean;
  readonly #pools = new ByAddress<NodePool>((authority) => this.#newPool(`http://${authority}`));
  readonly #paths: Record<NodeMethod, Map<string, string>> = {
    predict: new Map(),
    'transform-input': new Map(),
    'transform-output': new Map(),
    route: new Map(),
    aggregate: new Map(),
    'send-feedback': new Map(),
    status: new Map(),
    metadata: new Map(),
  };
  #closed = false;

  constructor(options: RestClientOptions) {
    const { maxResponseBytes = 64 * 1024 * 1024, readyTimeoutMs = 1_000 } = options;
    this.#protocol = options.protocol;
    this.#limits = { timeoutMs: options.timeoutMs, maxResponseBytes };
    this.#readyTimeoutMs = readyTimeoutMs;
    this.#maxConnections = options.maxConnectionsPerNode ?? 256;
    this.#connectTimeoutMs = Math.min(options.timeoutMs, options.connectTimeoutMs ?? 5_000);
    this.#fullHealthChecks = options.fullHealthChecks ?? false;
  }

  call(call: NodeCall): Promise<Payload> {
    if (this.#closed || call.signal?.aborted) return Promise.reject(givenUp(call.nodeName));
    const path = this.#path(call.method, call.modelName);
    const request = call.method === 'status' || call.method === 'metadata' ? question(call) : message(call);
    const { pool, origin } = this.#pools.of(call.endpoint);
    return new Promise((resolve, reject) => {
      pool.dispatch({ ...request, path }, new RestCall(call, origin + path, this.#limits, resolve, reject));
    });
  }

  async checkReady(nodeName: string, endpoint: NodeEndpoint): Promise<void> {
    if (this.#closed) throw givenUp(nodeName);
    const path = this.#fullHealthChecks ? healthPath(this.#protocol) : undefined;
    if (path === undefined) return tcpCheck(nodeName, endpoint, this.#readyTimeoutMs);
    const { pool, origin } = this.#pools.of(endpoint);
    await healthCheck(nodeName, pool, origin, path, this.#readyTimeoutMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.all()].map(({ pool }) => pool.destroy()));
  }

  #path(method: NodeMethod, modelName: string): string {
    const paths = this.#paths[method];
    const known = paths.get(modelName);
    if (known !== undefined) return known;
    const path = restPath(this.#protocol, method, modelName);
    if (paths.size < MAX_KNOWN_PATHS) paths.set(modelName, path);
    return path;
  }

  #newPool(origin: string): NodePool {
    const pool = new Pool(origin, {
      connections: this.#maxConnections,
      // More would put a call behind a slow one, and undici 8.12.4 crashes when it is used with bodies in several parts.
      pipelining: 1,
      allowH2: false,
      connectTimeout: this.#connectTimeoutMs,
      // The call's own limit is the one that counts; two clocks would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { pool, origin };
  }
}

function message({ payload, headers: own }: NodeCall) {
  const { contentType, contentEncoding, jsonLength, body } = payload;
  const headers = [HEADER.contentType, contentType, ...own];
  if (contentEncoding !== '') headers.push(HEADER.contentEncoding, contentEncoding);
  if (jsonLength !== undefined) headers.push(HEADER.jsonLength, jsonLength);
  return { method: 'POST' as const, headers, body };
}

function question({ headers }: NodeCall) {
  return { method: 'GET' as const, headers: [...headers], body: null };
}
