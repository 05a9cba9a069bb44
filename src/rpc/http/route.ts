import type { IncomingHttpHeaders } from 'node:http';

/** A request whose body has arrived. */
export interface HttpRequest {
  /** In upper case. */
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** Behind the question mark; empty for none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Id of the prediction, given or made. */
  readonly puid: string;
  /** What stands in the place of `{model}` or `*` in the route's path; empty where it has none. */
  readonly parameter: string;
  readonly body: Buffer;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** An answer, before Seldon's headers are added. */
export interface HttpAnswer {
  readonly status: number;
  readonly body?: Buffer | string;
  /** An empty one is sent too, as an empty header. */
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** `Inference-Header-Content-Length`. */
  readonly jsonLength?: string;
}

/** A path, and who answers it. */
export interface Route {
  /** Exact but for `{model}`, which is one segment or a part of one and never empty, and `*` at the end, which is anything. */
  readonly path: string;
  /** HTTP methods in upper case, in the order in which CORS names them; `any` for all. */
  readonly methods: 'any' | readonly string[];
  /** Under which name requests are measured; those of routes without one are not. */
  readonly service?: string;
  handler(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

export const EMPTY_OK: HttpAnswer = { status: 200 };

/** What Go's servers say, and so Seldon's: for people who look at a path by hand. */
export const NOT_FOUND: HttpAnswer = {
  status: 404,
  body: '404 page not found\n',
  contentType: 'text/plain; charset=utf-8',
};
