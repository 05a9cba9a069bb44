import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '../../../base/errors.ts';
import type { NodeEndpoint } from '../../../graph/model-client.ts';
import { messagePrefix, readFrame } from '../../../protocol/grpc/framing.ts';
import type { Reply, ScriptedAnswer } from '../format/graph-test.ts';
import { grpcStatusCode } from '../protobuf/grpc-status-code.ts';
import { encodeMessage, messagesOf } from '../protobuf/message-json.ts';
import type { CallLog } from './call-log.ts';
import { listenHere } from './listen-here.ts';
import type { PlayedNodes } from './played-nodes.ts';

/** Real gRPC servers for the nodes of one test: HTTP/2 in plain text, one message each way. */
export class GrpcNodes implements PlayedNodes {
  readonly #log: CallLog;
  readonly #servers: Http2Server[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #ended = new AbortController();

  constructor(log: CallLog) {
    this.#log = log;
  }

  async start(node: string): Promise<NodeEndpoint> {
    const server = createServer();
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => session.destroy());
    });
    server.on('stream', (stream, headers, _flags, rawHeaders) => {
      stream.on('error', () => stream.destroy());
      this.#answer(node, stream, headers[':path'] ?? '', rawHeaders).catch(() => stream.destroy());
    });
    this.#servers.push(server);
    return listenHere(server);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    for (const session of this.#sessions) session.destroy();
    const closed = this.#servers.map(async (server) => {
      server.close();
      await once(server, 'close');
    });
    await Promise.all(closed);
  }

  async #answer(node: string, stream: ServerHttp2Stream, path: string, rawHeaders: readonly string[]): Promise<void> {
    const began = this.#log.tick();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const body = readFrame(Buffer.concat(chunks)).message;
    const messages = messagesOf(path);
    const messageName = messages?.request;
    const { call, answer } = this.#log.received({ node, path, rawHeaders, body, messageName, began });
    const ends = () => (call.ended = this.#log.tick());
    if (answer !== undefined) return this.#reply(answer, messages?.answer ?? '', stream, ends);
    ends();
    fail(stream, 'UNIMPLEMENTED', `no answer is written for node ${node}`);
  }

  async #reply(answer: ScriptedAnswer, messageName: string, stream: ServerHttp2Stream, ends: () => void) {
    const { reply, delayMs } = answer;
    if (delayMs > 0) await delay(delayMs, undefined, { signal: this.#ended.signal });
    // The caller's own limit ends the call; its connection is closed with the test.
    if (reply === 'timeout') return;
    ends();
    if (typeof reply === 'string') return stream.session?.destroy();
    if (typeof reply.status === 'string' && reply.status !== 'OK')
      return fail(stream, reply.status, reply.details, reply);
    let message: Buffer;
    try {
      message = reply.body.kind === 'bytes' ? reply.body.bytes : encodeMessage(messageName, reply.body.value);
    } catch (error) {
      this.#log.refused(answer, errorText(error));
      return fail(stream, 'INTERNAL', 'the answer cannot be sent');
    }
    stream.respond({ ...metadata(reply), 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.concat([messagePrefix(message.length), message]));
  }
}

function fail(stream: ServerHttp2Stream, status: string, details: string, reply?: Reply): void {
  const headers = {
    ...(reply === undefined ? {} : metadata(reply)),
    'content-type': 'application/grpc',
    'grpc-status': grpcStatusCode(status),
    'grpc-message': encodeURI(details.toWellFormed()),
  };
  stream.respond(headers, { endStream: true });
}

function metadata({ headers }: Reply): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) (all[name.toLowerCase()] ??= []).push(value);
  return all;
}
