import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { NodeEndpoint } from '../../../graph/model-client.ts';
import { bytesOf } from '../format/body.ts';
import type { Reply, ScriptedAnswer } from '../format/graph-test.ts';
import type { CallLog } from './call-log.ts';
import { listenHere } from './listen-here.ts';
import type { PlayedNodes } from './played-nodes.ts';

/** Real HTTP servers on this machine that answer for the nodes of one test. */
export class RestNodes implements PlayedNodes {
  readonly #log: CallLog;
  readonly #servers: Server[] = [];
  readonly #ended = new AbortController();

  constructor(log: CallLog) {
    this.#log = log;
  }

  async start(node: string): Promise<NodeEndpoint> {
    const server = createServer((request, response) => {
      // What goes wrong here is the connection's: the caller sees it too.
      this.#answer(node, request, response).catch(() => response.destroy());
    });
    this.#servers.push(server);
    return listenHere(server);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    const closed = this.#servers.map(async (server) => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    await Promise.all(closed);
  }

  async #answer(node: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = this.#log.tick();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = '', rawHeaders } = request;
    const body = Buffer.concat(chunks);
    const { call, answer } = this.#log.received({ node, path, rawHeaders, body, messageName: undefined, began });
    if (answer === undefined) {
      response.writeHead(501, { 'Content-Type': 'text/plain' }).end(`no answer is written for node ${node}`);
      call.ended = this.#log.tick();
      return;
    }
    await this.#reply(answer, response, () => (call.ended = this.#log.tick()));
  }

  async #reply({ reply, delayMs }: ScriptedAnswer, response: ServerResponse, ends: () => void): Promise<void> {
    if (delayMs > 0) await delay(delayMs, undefined, { signal: this.#ended.signal });
    // The caller's own limit ends the call; its connection is closed with the test.
    if (reply === 'timeout') return;
    ends();
    if (typeof reply === 'string') response.socket?.resetAndDestroy();
    else send(reply, response);
  }
}

function send({ status, headers, body, gzip }: Reply, response: ServerResponse): void {
  const bytes = bytesOf(body);
  response.statusCode = Number(status);
  for (const [name, value] of gzip ? [['Content-Encoding', 'gzip'] as const, ...headers] : headers) {
    response.appendHeader(name, value);
  }
  response.end(gzip ? gzipSync(bytes) : bytes);
}
