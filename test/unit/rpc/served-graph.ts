import type { PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../src/graph/compile.ts';
import { createExecutor } from '../../../src/graph/execute.ts';
import { createModelQuery } from '../../../src/graph/model-query.ts';
import { createRestClient } from '../../../src/models/rest/rest-client.ts';
import type { Protocol } from '../../../src/protocol/payload.ts';
import { startHttpServer } from '../../../src/rpc/http/http-server.ts';
import type { RpcServer } from '../../../src/rpc/rpc-server.ts';
import {
  graphMetadataRoutes,
  healthRoutes,
  modelRoutes,
  serverMetadataRoutes,
} from '../../../src/rpc/http/routes/model-routes.ts';
import { openApiRoutes } from '../../../src/rpc/http/routes/openapi-routes.ts';
import { predictRoutes } from '../../../src/rpc/http/routes/predict-routes.ts';
import { probeRoutes } from '../../../src/rpc/http/routes/probe-routes.ts';
import { StubHttpNodes, type HttpRule } from './stub-http-node.ts';
import { placedGraph } from '../graph/placed-graph.ts';

export interface GraphServed {
  readonly protocol?: Protocol;
  readonly graph: PredictiveUnit;
  /** Rules of the nodes; an endpoint of `{}` is filled with a stub that has them. */
  readonly nodes?: Readonly<Record<string, readonly HttpRule[]>>;
  readonly unreachableNodes?: readonly string[];
  readonly routingInjection?: boolean;
  readonly maxRequestBytes?: number;
  readonly requestTimeoutMs?: number;
  readonly ready?: boolean;
}

export interface Front {
  readonly port: number;
  readonly nodes: StubHttpNodes;
  readonly server: RpcServer;
}

/** Runs `use` against the HTTP front of a graph whose models are stubs, all over real sockets. */
export async function withHttpFront(served: GraphServed, use: (front: Front) => Promise<void>): Promise<void> {
  const { protocol = 'seldon', ready = true, maxRequestBytes = 1024 * 1024 } = served;
  const nodes = new StubHttpNodes();
  const client = createRestClient({ protocol, timeoutMs: 60_000 });
  let server: RpcServer | undefined;
  try {
    const predictor = { name: 'p', graph: await placed(served.graph, served, nodes) };
    const compiled = compileGraph(predictor, { protocol, transport: 'rest' });
    const { routingInjection = false } = served;
    const graph = createExecutor(compiled, client, { routingInjection });
    const models = createModelQuery(compiled, client);
    const readiness = () => ({ ready, reasons: ready ? [] : ['away'] });
    const cors = { allowedOrigins: '*', allowedHeaders: 'Accept' };
    const deployment = { deploymentName: 'dep', namespace: 'ns' };
    const { requestTimeoutMs } = served;
    server = await startHttpServer(
      { host: '127.0.0.1', port: 0, cors, deployment, maxRequestBytes, ...(requestTimeoutMs && { requestTimeoutMs }) },
      [
        ...probeRoutes(readiness, () => []),
        ...predictRoutes(protocol, graph),
        ...modelRoutes(protocol, models),
        ...graphMetadataRoutes(protocol, 'p', models),
        ...healthRoutes(protocol, readiness, () => []),
        ...serverMetadataRoutes(protocol, 'dep'),
        ...openApiRoutes(protocol, 'dep'),
      ],
    );
    await use({ port: server.port, nodes, server });
  } finally {
    await server?.close(0);
    await client.close();
    await nodes.close();
  }
}

function placed(graph: PredictiveUnit, served: GraphServed, nodes: StubHttpNodes): Promise<PredictiveUnit> {
  return placedGraph(graph, async ({ name }) => {
    // Nothing listens on port 1.
    const httpPort = served.unreachableNodes?.includes(name) ? 1 : await nodes.start(name, served.nodes?.[name] ?? []);
    return { service_host: '127.0.0.1', httpPort };
  });
}
