import type { Registry } from 'prom-client';
import { CertificateFiles } from '../rpc/certificate-files.ts';
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
import type { ExecutorConfig, GrpcConfig } from './executor-config.ts';

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
  const certificate = config.tls && new CertificateFiles(config.tls);
  const started: Fronts[] = [];
  try {
    started.push(await startHttp(config, served, certificate, logger));
    if (config.grpc !== undefined) started.push(await startGrpc(config, config.grpc, served, certificate, logger));
  } catch (error) {
    certificate?.close();
    await closeAll(started, 0);
    throw error;
  }
  return {
    close(withinMs) {
      certificate?.close();
      return closeAll(started, withinMs);
    },
  };
}

async function closeAll(servers: readonly Fronts[], withinMs: number): Promise<boolean> {
  const inTime = await Promise.all(servers.map((server) => server.close(withinMs)));
  return inTime.every((yes) => yes);
}

async function startHttp(
  config: ExecutorConfig,
  { rest, registry, readiness }: Served,
  certificate: CertificateFiles | undefined,
  logger: Logger,
): Promise<Fronts> {
  const { protocol, deploymentName, namespace, http } = config;
  const options = {
    host: http.host,
    port: http.port,
    cors: { allowedOrigins: http.corsAllowedOrigins, allowedHeaders: http.corsAllowedHeaders },
    deployment: { deploymentName, namespace },
    maxRequestBytes: http.maxMessageBytes,
    certificate,
  };
  const server = await startHttpServer(options, [
    ...probeRoutes(readiness),
    metricsRoute(http.metricsPath, { contentType: registry.contentType, render: () => registry.metrics() }),
    ...(rest === undefined ? [] : graphRoutes(config, rest)),
    ...healthRoutes(protocol, readiness),
    ...openApiRoutes(protocol, deploymentName),
  ]);
  const paths = ['/live', '/ready', http.metricsPath];
  logger.info({ port: server.port, tls: certificate !== undefined, paths }, 'HTTP server listens');
  return server;
}

async function startGrpc(
  { protocol, deploymentName, predictor }: ExecutorConfig,
  grpc: GrpcConfig,
  served: Served,
  certificate: CertificateFiles | undefined,
  logger: Logger,
): Promise<Fronts> {
  const { unary, streams } = protocolServices({
    protocol,
    deploymentName,
    predictorName: predictor.name,
    served: served.grpc,
    readiness: served.readiness,
  });
  const server = await startGrpcServer({ ...grpc, certificate }, unary, streams);
  logger.info({ port: server.port, tls: certificate !== undefined }, 'gRPC server listens');
  return server;
}

function graphRoutes({ protocol, predictor }: ExecutorConfig, { graph, models }: DataPlane): Route[] {
  return [
    ...predictRoutes(protocol, graph),
    ...modelRoutes(protocol, models),
    ...graphMetadataRoutes(protocol, predictor.name, models),
  ];
}
