// A model behind real HTTP that does what the test says, also what no model should do.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { freePort } from '../../src/dev/kafka/free-port.ts';

export interface Answer {
  readonly status?: number;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Not before this. */
  readonly after?: Promise<unknown>;
}

/** An answer; or the connection is closed without one; or nothing ever happens. */
export type Behaviour = Answer | 'close' | 'hang';

export interface ModelCall {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  /** How often this very body has been asked for, this time included. */
  readonly times: number;
}

export class ModelServer {
  /** What it does from now on. By default it answers with what it was asked. */
  behave: (call: ModelCall) => Behaviour;
  calls = 0;
  atOnce = 0;
  mostAtOnce = 0;
  readonly #times = new Map<string, number>();
  #server: Server | undefined;
  #port = 0;

  constructor(behave: (call: ModelCall) => Behaviour = echo) {
    this.behave = behave;
  }

  get port(): number {
    return this.#port;
  }

  /** Chooses its port; nobody listens there before `start`, nor after `stop`. */
  async choosePort(): Promise<this> {
    if (this.#port === 0) this.#port = await freePort();
    return this;
  }

  /** Listens; after `stop` on the same port again. */
  async start(): Promise<this> {
    await this.choosePort();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(Buffer.concat(chunks), request.headers, request.url ?? '', response));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    return this;
  }

  /** Breaks every connection and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  #answer(body: Buffer, headers: IncomingHttpHeaders, url: string, response: ServerResponse): void {
    const id = body.length > 200 ? String(body.length) : body.toString('latin1');
    const times = (this.#times.get(id) ?? 0) + 1;
    this.#times.set(id, times);
    this.calls++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    response.on('close', () => this.atOnce--);
    const told = this.behave({ body, headers, url, times });
    if (told === 'hang') return;
    if (told === 'close') return void response.destroy();
    const send = () => {
      response.writeHead(told.status ?? 200, { 'content-type': 'application/json', ...told.headers });
      response.end(told.body ?? '');
    };
    if (told.after !== undefined) told.after.then(send, send);
    else if (told.delayMs === undefined) send();
    else setTimeout(send, told.delayMs).unref();
  }
}

function echo({ body }: ModelCall): Answer {
  return { body };
}
