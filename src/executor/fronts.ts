import type { Registry } from 'prom-client';
import { startGrpcServer } from '../rpc/grpc/grpc-server.ts';
import { protocolServices } from '../rpc/grpc/services/protocol-services.ts';
import { startHttpServer } from '../rpc/http/http-server.ts';
import { metricsRoute } from '../rpc/http/routes/metrics-route.ts';
import { graphMetadataRoutes, healthRoutes, modelRoutes } from '../rpc/http/routes/model-routes.ts';
import { openApiRoutes } from '../rpc/http/routes/openapi-routes.ts';
import { predictRoutes } from '../rpc/http/routes/predict-routes.ts';
import { probeRoutes } from '../rpc/http/routes/probe-routes.ts';
import type { Route } from '../rpc/http/route.ts';
import type { Readiness } from '../rpc/readiness.ts';
import type { Logger } from '../telemetry/logs/logger.ts';
import type { DataPlane } from './data-plane.ts';
import type { ExecutorConfig } from './executor-config.ts';

/** What clients are answered from. */
export interface Served {
  /** The graph over HTTP; undefined where the document does not say how its models are called so. */
  readonly rest: DataPlane | undefined;
  /** The same over gRPC. */
  readonly grpc: DataPlane | undefined;
  readonly registry: Registry;
  readiness(): Promise<Readiness>;
}

export interface Fronts {
  /**
   * Takes no new requests and waits for those that are running, but not longer than the limit.
   *
   * @returns whether all have been answered
   */
  close(withinMs: number): Promise<boolean>;
}

/**
 * Starts the servers of the executor.
 *
 * @throws MillraceError that names the port
 */
export async function startFronts(config: ExecutorConfig, served: Served, logger: Logger): Promise<Fronts> {
  const { protocol, deploymentName, namespace, http } = config;
  const { rest, registry, readiness } = served;
  const server = await startHttpServer(
    {
      host: http.host,
      port: http.port,
      cors: { allowedOrigins: http.corsAllowedOrigins, allowedHeaders: http.corsAllowedHeaders },
      deployment: { deploymentName, namespace },
      maxRequestBytes: http.maxRequestBytes,
    },
    [
      ...probeRoutes(readiness),
      metricsRoute(http.metricsPath, { contentType: registry.contentType, render: () => registry.metrics() }),
      ...(rest === undefined ? [] : graphRoutes(config, rest)),
      ...healthRoutes(protocol, readiness),
      ...openApiRoutes(protocol, deploymentName),
    ],
  );
  logger.info({ port: server.port, paths: ['/live', '/ready', http.metricsPath] }, 'HTTP server listens');
  try {
    const grpc = await startGrpc(config, served, logger);
    return { close: (withinMs) => closeAll([server, ...grpc], withinMs) };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

async function closeAll(servers: readonly Fronts[], withinMs: number): Promise<boolean> {
  const inTime = await Promise.all(servers.map((server) => server.close(withinMs)));
  return inTime.every((yes) => yes);
}

/** None where the configuration has no port for it. */
async function startGrpc(config: ExecutorConfig, served: Served, logger: Logger): Promise<readonly Fronts[]> {
  const { protocol, deploymentName, predictor, grpc } = config;
  if (grpc === undefined) return [];
  const { unary, streams } = protocolServices({
    protocol,
    deploymentName,
    predictorName: predictor.name,
    served: served.grpc,
    readiness: served.readiness,
  });
  const server = await startGrpcServer(grpc, unary, streams);
  logger.info({ port: server.port }, 'gRPC server listens');
  return [server];
}

function graphRoutes({ protocol, predictor }: ExecutorConfig, { graph, models }: DataPlane): Route[] {
  return [
    ...predictRoutes(protocol, graph),
    ...modelRoutes(protocol, models),
    ...graphMetadataRoutes(protocol, predictor.name, models),
  ];
}
