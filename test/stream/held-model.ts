// A model over HTTP and over gRPC that answers with what it was asked, and holds back what says so until it is let go.
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';

const HELD = 'held';
const asIs = (bytes: Buffer) => bytes;

export class HeldModel {
  httpPort = 0;
  grpcPort = 0;
  readonly #letGo = Promise.withResolvers<void>();
  #http: HttpServer | undefined;
  #grpc: Server | undefined;

  /** @param methods paths of the gRPC methods that it has */
  async start(methods: readonly string[]): Promise<this> {
    this.#http = createServer((request, response) => {
      const answer = async () => {
        const body = await this.#passed(await buffer(request));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(request.method === 'GET' ? JSON.stringify({ path: request.url }) : body);
      };
      answer().catch(() => response.destroy());
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    this.httpPort = (this.#http.address() as AddressInfo).port;

    const echo: handleUnaryCall<Buffer, Buffer> = (call, done) => {
      this.#passed(call.request).then((body) => done(null, body), done);
    };
    const grpc = new Server();
    for (const method of methods) grpc.register(method, echo, asIs, asIs, 'unary');
    this.#grpc = grpc;
    this.grpcPort = await new Promise((resolve, reject) => {
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return this;
  }

  /** From now on everything is answered, what was held back too. */
  letGo(): void {
    this.#letGo.resolve();
  }

  stop(): void {
    this.#grpc?.forceShutdown();
    this.#http?.closeAllConnections();
    this.#http?.close();
  }

  async #passed(body: Buffer): Promise<Buffer> {
    if (body.includes(HELD)) await this.#letGo.promise;
    return body;
  }
}
