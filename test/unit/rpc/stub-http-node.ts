import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { ReplyRule } from '../graph/worked-cases/worked-case-file.ts';
import { FirstCalls } from './first-calls.ts';

/** What a stub node answers to the calls that a rule matches. */
export interface HttpRule extends ReplyRule {
  readonly method?: string;
  /** Answers only when this node has been called too. */
  readonly afterCallOf?: string;
}

export interface SeenHttpCall {
  readonly node: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The caller broke off before the answer. */
  readonly broken: Promise<void>;
}

/** Real HTTP servers in the place of models, which answer by rules and keep what they were asked. */
export class StubHttpNodes {
  readonly calls: SeenHttpCall[] = [];
  readonly #servers: Server[] = [];
  readonly #firstCalls = new FirstCalls();

  /** Starts a node and returns its port. */
  async start(node: string, rules: readonly HttpRule[]): Promise<number> {
    const used = new Map<HttpRule, number>();
    const server = createServer((request, response) => {
      const broken = Promise.withResolvers<void>();
      response.on('close', () => {
        if (!response.writableEnded) broken.resolve();
      });
      const answer = async () => {
        const { method = '', url: path = '', headers } = request;
        const body = await buffer(request);
        this.calls.push({ node, method, path, headers, body, broken: broken.promise });
        this.#firstCalls.tell(node);
        const rule = rules.find(
          (one) =>
            (one.path ?? path) === path &&
            (one.method ?? method) === method &&
            (used.get(one) ?? 0) < (one.times ?? Infinity),
        );
        if (rule === undefined) return response.writeHead(599).end(`no rule of ${node} for ${method} ${path}`);
        used.set(rule, (used.get(rule) ?? 0) + 1);
        if (rule.delaySeconds !== undefined) await delay(rule.delaySeconds * 1000, undefined, { ref: false });
        if (rule.afterCallOf !== undefined) await this.#firstCalls.of(rule.afterCallOf);
        const text = rule.bodyText ?? '';
        return response.writeHead(rule.status, rule.headers).end(rule.gzip ? gzipSync(text) : text);
      };
      answer().catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return address.port;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }
}
