import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal | undefined;
}

export interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly text: string;
}

/** One request on a connection of its own, with nothing added to it but Host and Content-Length. */
export function ask(port: number, path: string, given: Asked = {}): Promise<Answered> {
  const { method = 'GET', headers = {}, body, signal } = given;
  return new Promise((resolve, reject) => {
    const own = body === undefined ? { ...headers } : { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers: own, agent: false, ...(signal && { signal }) },
      (response) => {
        buffer(response).then((received) => {
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: received,
            text: received.toString(),
          });
        }, reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
