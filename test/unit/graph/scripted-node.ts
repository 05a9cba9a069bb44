import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { NodeEndpoint } from '../../../src/graph/model-client.ts';

/** One rule of a case: what a node answers to the calls it matches. */
export interface ReplyRule {
  readonly path?: string;
  readonly method?: string;
  readonly times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyText?: string;
  readonly gzip?: boolean;
  readonly delaySeconds?: number;
}

/** A call that a node has got. */
export interface SeenCall {
  readonly node: string;
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Places in the order of everything that began and ended; `ended` is Infinity until the answer is out. */
  readonly began: number;
  ended: number;
}

/** Real HTTP servers that answer by the script of a case and write down what they were asked, in one order for all. */
export class ScriptedNodes {
  readonly calls: SeenCall[] = [];
  readonly #servers: Server[] = [];
  readonly #gatherings: Gathering[] = [];
  #sequence = 0;

  /** These nodes answer only when all of them have been called, or after two seconds. */
  gather(names: readonly string[]): void {
    this.#gatherings.push(new Gathering(names));
  }

  async start(name: string, rules: readonly ReplyRule[]): Promise<NodeEndpoint> {
    const used = new Map<ReplyRule, number>();
    const server = createServer((request, response) => {
      this.#answer(name, rules, used, request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return endpointOf(server);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #answer(
    node: string,
    rules: readonly ReplyRule[],
    used: Map<ReplyRule, number>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const began = this.#sequence++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', rawHeaders } = request;
    const call: SeenCall = { node, method, path, rawHeaders, body: Buffer.concat(chunks), began, ended: Infinity };
    this.calls.push(call);
    const rule = rules.find(
      (one) =>
        (one.path ?? path) === path &&
        (one.method ?? method) === method &&
        (used.get(one) ?? 0) < (one.times ?? Infinity),
    );
    if (rule === undefined) {
      response.writeHead(599).end(`no rule of node ${node} matches ${method} ${path}`);
      return;
    }
    used.set(rule, (used.get(rule) ?? 0) + 1);
    await Promise.all(this.#gatherings.map((gathering) => gathering.join(node)));
    if (rule.delaySeconds !== undefined) await delay(rule.delaySeconds * 1000);
    const body = Buffer.from(rule.bodyText ?? '');
    call.ended = this.#sequence++;
    response.writeHead(rule.status, rule.headers);
    response.end(rule.gzip ? gzipSync(body) : body);
  }
}

class Gathering {
  readonly #missing: Set<string>;
  readonly #members: ReadonlySet<string>;
  readonly #complete = Promise.withResolvers<void>();

  constructor(names: readonly string[]) {
    this.#members = new Set(names);
    this.#missing = new Set(names);
  }

  async join(name: string): Promise<void> {
    if (!this.#members.has(name)) return;
    this.#missing.delete(name);
    if (this.#missing.size === 0) this.#complete.resolve();
    await Promise.race([this.#complete.promise, delay(2_000, undefined, { ref: false })]);
  }
}

/** An address where nothing listens. */
export async function deadEndpoint(): Promise<NodeEndpoint> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = endpointOf(server);
  server.close();
  await once(server, 'close');
  return endpoint;
}

function endpointOf(server: Server): NodeEndpoint {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return { host: '127.0.0.1', port: address.port };
}
