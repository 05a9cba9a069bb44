import type { Registry } from 'prom-client';
import { startHttpServer } from '../rpc/http/http-server.ts';
import { metricsRoute } from '../rpc/http/metrics-route.ts';
import { graphMetadataRoutes, healthRoutes, modelRoutes } from '../rpc/http/model-routes.ts';
import { openApiRoutes } from '../rpc/http/openapi-routes.ts';
import { predictRoutes } from '../rpc/http/predict-routes.ts';
import { probeRoutes } from '../rpc/http/probe-routes.ts';
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
  return { close: (withinMs) => server.close(withinMs) };
}

function graphRoutes({ protocol, predictor }: ExecutorConfig, { graph, models }: DataPlane): Route[] {
  return [
    ...predictRoutes(protocol, graph),
    ...modelRoutes(protocol, models),
    ...graphMetadataRoutes(protocol, predictor.name, models),
  ];
}
