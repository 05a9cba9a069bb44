import { setTimeout as delay } from 'node:timers/promises';
import { Server, ServerCredentials, status, type Metadata } from '@grpc/grpc-js';
import type { NodeEndpoint } from '../../../src/graph/model-client.ts';

/** One rule of a case: what a node answers to the calls it matches. */
export interface GrpcReplyRule {
  readonly path: string;
  readonly times?: number;
  /** The answer as it goes over the wire; absent for a failure. */
  readonly answer?: Buffer;
  readonly grpcStatus?: string;
  readonly grpcDetails?: string;
  readonly delaySeconds?: number;
}

/** A call that a node has got. */
export interface SeenGrpcCall {
  readonly node: string;
  readonly path: string;
  readonly metadata: Metadata;
  readonly body: Buffer;
  /** Places in the order of everything that began and ended; `ended` is Infinity until the answer is out. */
  readonly began: number;
  ended: number;
}

const asIs = (bytes: Buffer) => bytes;

/** Real gRPC servers of another make, on raw bytes, that answer by the script of a case and write down what they were asked. */
export class ScriptedGrpcNodes {
  readonly calls: SeenGrpcCall[] = [];
  readonly #servers: Server[] = [];
  #sequence = 0;

  /** @param paths methods that the node has; a call of another is UNIMPLEMENTED */
  async start(name: string, rules: readonly GrpcReplyRule[], paths: readonly string[]): Promise<NodeEndpoint> {
    const used = new Map<GrpcReplyRule, number>();
    const server = new Server();
    for (const path of new Set(paths)) {
      const handler = (
        call: { readonly request: Buffer; readonly metadata: Metadata },
        done: (error: { code: number; details: string } | null, answer?: Buffer) => void,
      ) => {
        const seen = { node: name, path, metadata: call.metadata, body: call.request, began: this.#sequence++, ended: Infinity }; // prettier-ignore
        this.calls.push(seen);
        const rule = rules.find((one) => one.path === path && (used.get(one) ?? 0) < (one.times ?? Infinity));
        if (rule === undefined) return done({ code: status.FAILED_PRECONDITION, details: `no rule of ${name}` });
        used.set(rule, (used.get(rule) ?? 0) + 1);
        void delay((rule.delaySeconds ?? 0) * 1000).then(() => {
          seen.ended = this.#sequence++;
          if (rule.answer !== undefined) done(null, rule.answer);
          else done({ code: codeOf(rule.grpcStatus), details: rule.grpcDetails ?? '' });
        });
      };
      server.register(path, handler, asIs, asIs, 'unary');
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.#servers.push(server);
    return { host: '127.0.0.1', port };
  }

  close(): void {
    for (const server of this.#servers) server.forceShutdown();
  }
}

function codeOf(name: string | undefined): number {
  const code = status[name as keyof typeof status];
  if (typeof code !== 'number') throw new Error(`the case has the unknown status ${name}`);
  return code;
}
