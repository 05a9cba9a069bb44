import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeError } from '../../graph/node-error.ts';
import { HEADER } from '../../protocol/headers.ts';
import { requestAnswered, requestFaulted } from '../channels.ts';
import { errorAnswer, failure } from './answers.ts';
import { readBody } from './request-body.ts';
import { readRequestPath } from './request-path.ts';
import { EMPTY_OK, NOT_FOUND, type HttpAnswer, type Route } from './route.ts';
import { Router } from './router.ts';
import { puidOf, SeldonHeaders, type CorsOptions, type ServedDeployment } from './seldon-headers.ts';

export interface FrontOptions {
  readonly cors: CorsOptions;
  readonly deployment: ServedDeployment;
  /** Largest body of a request. */
  readonly maxRequestBytes: number;
}

/**
 * Answers HTTP requests by their routes as Seldon's executor does: 404 with a line of text, 405 with an empty body, 301 for paths
 * that are not canonical, an empty 200 for OPTIONS on every routed path.
 */
export class HttpFront {
  readonly #router: Router;
  readonly #headers: SeldonHeaders;
  readonly #maxRequestBytes: number;
  #closing = false;

  constructor({ cors, deployment, maxRequestBytes }: FrontOptions, routes: readonly Route[]) {
    this.#router = new Router(routes);
    this.#headers = new SeldonHeaders(cors, deployment);
    this.#maxRequestBytes = maxRequestBytes;
  }

  /** From now on every answer is the last of its connection. */
  close(): void {
    this.#closing = true;
  }

  /** Never rejects: whatever happens, the process and the other requests go on. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Without listeners an error of a connection that broke would end the process.
    response.on('error', ignore);
    request.on('error', ignore);
    const { method = 'GET', headers } = request;
    const target = readRequestPath(request.url ?? '/');
    if (target === undefined) return this.#send(response, { status: 400 }, []);
    if (target.redirect !== undefined) return this.#send(response, { status: 301 }, ['Location', target.redirect]);
    const found = this.#router.find(method, target.path);
    if (found.route === undefined) {
      if (found.allowed.length === 0) return this.#send(response, NOT_FOUND, NO_SNIFFING);
      return this.#send(response, { status: 405 }, ['Allow', [...new Set(found.allowed)].join(', ')]);
    }
    const puid = puidOf(request.headersDistinct);
    const seldon = this.#headers.for(headers, puid, target.path, this.#router.corsMethods(target.path));
    if (method === 'OPTIONS') return this.#send(response, EMPTY_OK, seldon);

    const begun = performance.now();
    const { route, parameter } = found;
    const body = await readBody(request, this.#maxRequestBytes);
    if (body === 'gone') return;
    if (body === 'too-large') {
      const answer = failure(413, `the request is larger than ${this.#maxRequestBytes} bytes`);
      measure(route, method, answer, begun);
      return this.#send(response, answer, [...seldon, 'Connection', 'close']);
    }
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableEnded) gone.abort();
    });
    const { path, query } = target;
    const { rawHeaders } = request;
    const given = { method, path, query, headers, rawHeaders, puid, parameter, body, signal: gone.signal };
    let answer: HttpAnswer;
    try {
      answer = await route.handler(given);
    } catch (error) {
      answer = errorAnswer(error);
      if (!(error instanceof NodeError)) requestFaulted.publish({ service: route.service ?? route.path, error });
    }
    measure(route, method, gone.signal.aborted ? { status: CLIENT_GONE } : answer, begun);
    this.#send(response, answer, seldon);
  }

  #send(response: ServerResponse, answer: HttpAnswer, headers: readonly string[]): void {
    // The client is gone.
    if (response.destroyed) return;
    const { status, body = '', contentType, contentEncoding, jsonLength } = answer;
    const all = [...headers];
    if (contentType !== undefined) all.push('Content-Type', contentType);
    if (contentEncoding !== undefined) all.push('Content-Encoding', contentEncoding);
    if (jsonLength !== undefined) all.push(HEADER.jsonLength, jsonLength);
    // These have no body, and no length of one.
    if (status !== 204 && status !== 304) all.push('Content-Length', String(Buffer.byteLength(body)));
    if (this.#closing) response.shouldKeepAlive = false;
    response.writeHead(status, all).end(body);
  }
}

const NO_SNIFFING = ['X-Content-Type-Options', 'nosniff'];

/** What proxies write down for a request whose client did not wait. */
const CLIENT_GONE = 499;

function measure({ service }: Route, method: string, { status }: HttpAnswer, begun: number): void {
  if (service === undefined || !requestAnswered.hasSubscribers) return;
  const durationMs = performance.now() - begun;
  requestAnswered.publish({ service, method: method.toLowerCase(), code: String(status), durationMs });
}

function ignore(): void {}
