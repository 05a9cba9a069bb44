import type { Registry } from 'prom-client';
import type { Transport } from '../protocol/payload.ts';
import { CertificateFiles } from '../rpc/certificate-files.ts';
import type { RpcServer } from '../rpc/rpc-server.ts';
import { startGrpcServer } from '../rpc/grpc/grpc-server.ts';
import { protocolServices } from '../rpc/grpc/services/protocol-services.ts';
import { startHttpServer } from '../rpc/http/http-server.ts';
import { metricsRoute } from '../rpc/http/routes/metrics-route.ts';
import {
  graphMetadataRoutes,
  healthRoutes,
  modelRoutes,
  serverMetadataRoutes,
} from '../rpc/http/routes/model-routes.ts';
import { openApiRoutes } from '../rpc/http/routes/openapi-routes.ts';
import { predictRoutes } from '../rpc/http/routes/predict-routes.ts';
import { probeRoutes } from '../rpc/http/routes/probe-routes.ts';
import type { Route } from '../rpc/http/route.ts';
import type { Liveness, Readiness } from '../rpc/readiness.ts';
import type { Logger } from '../telemetry/logs/logger.ts';
import type { DataPlane } from './data-plane.ts';
import type { ExecutorConfig, GrpcConfig } from './config/executor-config.ts';

/** What clients are answered from. */
export interface Served {
  /** The graph over HTTP. */
  readonly rest: DataPlane;
  /** The same over gRPC. */
  readonly grpc: DataPlane;
  /** Whether the document says how its models are called so; otherwise clients are told that it does not. */
  readonly predicts: Readonly<Record<Transport, boolean>>;
  readonly registry: Registry;
  readiness(): Promise<Readiness>;
  readonly liveness: Liveness;
}

/** The servers of the executor, running. */
export interface Fronts {
  /** Where HTTP is answered. */
  readonly http: Listening;
  /** Where gRPC is answered; undefined where it is not served. */
  readonly grpc: Listening | undefined;
  /**
   * Takes no new requests and waits for those that are running, but not longer than the limit.
   *
   * @returns whether all have been answered
   */
  close(withinMs: number): Promise<boolean>;
}

/** A port that is open. */
export interface Listening {
  readonly port: number;
  /** Whether the models can be asked this way; otherwise it is probes and the like alone. */
  readonly predicts: boolean;
}

/**
 * Starts the servers of the executor.
 *
 * @throws MillraceError that names the port
 */
export async function startFronts(config: ExecutorConfig, served: Served, logger: Logger): Promise<Fronts> {
  const certificate = config.tls && new CertificateFiles(config.tls);
  const http = await startHttp(config, served, certificate, logger).catch((error: unknown) => {
    certificate?.close();
    throw error;
  });
  let grpc: RpcServer | undefined;
  try {
    grpc = config.grpc && (await startGrpc(config, config.grpc, served, certificate, logger));
  } catch (error) {
    certificate?.close();
    await http.close(0);
    throw error;
  }
  return {
    http: { port: http.port, predicts: served.predicts.rest },
    grpc: grpc && { port: grpc.port, predicts: served.predicts.grpc },
    async close(withinMs) {
      certificate?.close();
      const inTime = await Promise.all([http.close(withinMs), grpc?.close(withinMs) ?? true]);
      return inTime.every((yes) => yes);
    },
  };
}

async function startHttp(
  config: ExecutorConfig,
  { rest, registry, readiness, liveness }: Served,
  certificate: CertificateFiles | undefined,
  logger: Logger,
): Promise<RpcServer> {
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
    ...probeRoutes(readiness, liveness),
    metricsRoute(http.metricsPath, { contentType: registry.contentType, render: () => registry.metrics() }),
    ...graphRoutes(config, rest),
    ...healthRoutes(protocol, readiness, liveness),
    ...serverMetadataRoutes(protocol, deploymentName),
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
): Promise<RpcServer> {
  const { unary, streams } = protocolServices({
    protocol,
    deploymentName,
    predictorName: predictor.name,
    served: served.grpc,
    readiness: served.readiness,
    liveness: served.liveness,
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
