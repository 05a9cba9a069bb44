import { Metadata, Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { FirstCalls } from './first-calls.ts';

/** What a stub node answers to the calls of a path, for so many times. */
export interface GrpcRule {
  readonly path: string;
  readonly times?: number;
  /** The answer's bytes; absent for a failure. */
  readonly answer?: Buffer;
  readonly grpcStatus?: string;
  readonly grpcDetails?: string;
  /** Trailer `grpc-status-details-bin`. */
  readonly statusDetails?: Buffer;
  /** Never answers. */
  readonly silent?: boolean;
  /** Answers only when this node has been called too. */
  readonly afterCallOf?: string;
}

export interface SeenGrpcCall {
  readonly node: string;
  readonly path: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** The caller broke off before the answer. */
  readonly broken: Promise<void>;
}

const asIs = (bytes: Buffer) => bytes;

/** Real gRPC servers in the place of models. */
export class StubGrpcNodes {
  readonly calls: SeenGrpcCall[] = [];
  readonly #servers: Server[] = [];
  readonly #firstCalls = new FirstCalls();

  /** Starts a node and returns its port. */
  async start(node: string, rules: readonly GrpcRule[]): Promise<number> {
    const used = new Map<GrpcRule, number>();
    const server = new Server();
    for (const path of new Set(rules.map((rule) => rule.path))) {
      const handler: handleUnaryCall<Buffer, Buffer> = (call, done) => {
        const broken = Promise.withResolvers<void>();
        call.on('cancelled', () => broken.resolve());
        this.calls.push({
          node,
          path,
          metadata: call.metadata.getMap(),
          body: call.request,
          broken: broken.promise,
        });
        this.#firstCalls.tell(node);
        const rule = rules.find((one) => one.path === path && (used.get(one) ?? 0) < (one.times ?? Infinity));
        if (rule === undefined) return done({ code: status.FAILED_PRECONDITION, details: `no rule of ${node}` });
        used.set(rule, (used.get(rule) ?? 0) + 1);
        if (rule.silent) return;
        const answer = () => {
          if (rule.answer !== undefined) return done(null, rule.answer);
          const code = status[rule.grpcStatus as keyof typeof status];
          const metadata = new Metadata();
          if (rule.statusDetails) metadata.set('grpc-status-details-bin', rule.statusDetails);
          done({ code, details: rule.grpcDetails ?? '', metadata });
        };
        if (rule.afterCallOf === undefined) answer();
        else void this.#firstCalls.of(rule.afterCallOf).then(answer);
      };
      server.register(path, handler, asIs, asIs, 'unary');
    }
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
  }

  close(): void {
    for (const server of this.#servers) server.forceShutdown();
  }
}
