import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import type { PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../src/graph/compile.ts';
import { createExecutor } from '../../../src/graph/execute.ts';
import { createModelQuery } from '../../../src/graph/model-query.ts';
import { createGrpcClient } from '../../../src/models/grpc/grpc-client.ts';
import type { Protocol } from '../../../src/protocol/payload.ts';
import { startGrpcServer } from '../../../src/rpc/grpc/grpc-server.ts';
import type { RpcServer } from '../../../src/rpc/rpc-server.ts';
import { protocolServices } from '../../../src/rpc/grpc/services/protocol-services.ts';
import { StubGrpcNodes, type GrpcRule } from './stub-grpc-node.ts';
import { placedGraph } from '../graph/placed-graph.ts';

export interface GrpcServed {
  readonly protocol?: Protocol;
  readonly graph: PredictiveUnit;
  readonly nodes?: Readonly<Record<string, readonly GrpcRule[]>>;
  readonly unreachableNodes?: readonly string[];
  readonly routingInjection?: boolean;
  readonly maxMessageBytes?: number;
  readonly requestTimeoutMs?: number;
  readonly readiness?: () => boolean;
  readonly liveness?: () => readonly string[];
}

export interface GrpcFront {
  readonly port: number;
  readonly nodes: StubGrpcNodes;
  readonly server: RpcServer;
  readonly client: GrpcCaller;
}

/** Runs `use` against the gRPC front of a graph whose models are stubs, all over real sockets. */
export async function withGrpcFront(served: GrpcServed, use: (front: GrpcFront) => Promise<void>): Promise<void> {
  const { protocol = 'seldon', maxMessageBytes = 4 * 1024 * 1024, routingInjection = false } = served;
  const nodes = new StubGrpcNodes();
  const models = createGrpcClient({ protocol, timeoutMs: 60_000 });
  let server: RpcServer | undefined;
  let client: GrpcCaller | undefined;
  try {
    const predictor = { name: 'p', graph: await placed(served.graph, served, nodes) };
    const compiled = compileGraph(predictor, { protocol, transport: 'grpc' });
    const isReady = served.readiness ?? (() => true);
    const { unary, streams } = protocolServices({
      protocol,
      deploymentName: 'dep',
      predictorName: 'p',
      served: {
        graph: createExecutor(compiled, models, { routingInjection }),
        models: createModelQuery(compiled, models),
      },
      liveness: served.liveness ?? (() => []),
      readiness: async () => ({ ready: isReady(), reasons: [] }),
    });
    const { requestTimeoutMs } = served;
    server = await startGrpcServer(
      { host: '127.0.0.1', port: 0, maxMessageBytes, ...(requestTimeoutMs && { requestTimeoutMs }) },
      unary,
      streams,
    );
    client = new GrpcCaller(server.port);
    await use({ port: server.port, nodes, server, client });
  } finally {
    client?.close();
    await server?.close(0);
    await models.close();
    nodes.close();
  }
}

function placed(graph: PredictiveUnit, served: GrpcServed, nodes: StubGrpcNodes): Promise<PredictiveUnit> {
  return placedGraph(graph, async ({ name }) => {
    // Nothing listens on port 1.
    const grpcPort = served.unreachableNodes?.includes(name) ? 1 : await nodes.start(name, served.nodes?.[name] ?? []);
    return { service_host: '127.0.0.1', grpcPort };
  });
}

const asIs = (bytes: Buffer) => bytes;

export interface GrpcAnswer {
  readonly error: ServiceError | null;
  readonly message: Buffer;
  /** The server's initial metadata. */
  readonly headers: Metadata | undefined;
}

/** A gRPC client of raw bytes. */
export class GrpcCaller {
  readonly client: Client;

  constructor(port: number, how: ChannelCredentials = credentials.createInsecure()) {
    const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
    this.client = new Client(`127.0.0.1:${port}`, how, unlimited);
  }

  call(path: string, body: Uint8Array, given: readonly (readonly [string, string])[] = []): Promise<GrpcAnswer> {
    const metadata = new Metadata();
    for (const [name, value] of given) metadata.add(name, value);
    return new Promise((resolve) => {
      let headers: Metadata | undefined;
      const options = { deadline: Date.now() + 120_000 };
      const answered = (error: ServiceError | null, message: Buffer = Buffer.alloc(0)) =>
        resolve({ error, message, headers });
      this.client
        .makeUnaryRequest(path, asIs, asIs, Buffer.from(body), metadata, options, answered)
        .on('metadata', (received) => (headers = received));
    });
  }

  close(): void {
    this.client.close();
  }
}
