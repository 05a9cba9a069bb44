import { sleep, systemClock } from '../base/clock.ts';
import { compileGraph } from '../graph/compile.ts';
import { createExecutor, type GraphExecutor } from '../graph/execute.ts';
import { createGrpcClient } from '../models/grpc-client.ts';
import { createRestClient } from '../models/rest-client.ts';
import { startHttpServer, type HttpServer } from '../rpc/http-server.ts';
import { metricsRoute } from '../rpc/metrics-route.ts';
import { probeRoutes, type Readiness } from '../rpc/probe-routes.ts';
import type { Pipeline } from '../stream/pipeline.ts';
import { createLogger, type Logger } from '../telemetry/logs/logger.ts';
import { measuredClient } from '../telemetry/metrics/model-call-metrics.ts';
import { streamGauges } from '../telemetry/metrics/stream-gauges.ts';
import { startTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { ExecutorConfig } from './executor-config.ts';
import { GraphReadiness } from './graph-readiness.ts';
import { startStream } from './start-stream.ts';
import { streamFailure } from './stream-failure.ts';
import { streamNotReady } from './stream-readiness.ts';
import { StopRequest } from './stop-signal.ts';

/**
 * Runs one predictor until it is asked to end (SIGTERM, SIGINT) or cannot go on. Probes answer from the first moment; the
 * stream starts when the graph is ready, so that a replica that is still loading holds no partition.
 *
 * @returns the exit code: 0 after a clean end, 1 when records were still in flight after `gracefulTimeoutMs`
 * @throws what stops the start, and what the stream cannot recover from
 */
export async function runExecutor(config: ExecutorConfig): Promise<number> {
  const root = createLogger(config.log);
  const logger = root.child({ logger: 'executor' });
  for (const text of config.notes) logger.info(text);
  for (const text of config.warnings) logger.warn(text);
  const telemetry = startTelemetry(root);
  const graph = createGraph(config, telemetry);
  const stream = config.kafka && startStream(config.kafka, graph, config.transport);
  const stop = new StopRequest();
  const executor = new Executor(config, graph, stream, stop.signal, logger);
  if (config.kafka) streamGauges(telemetry.registry, config.kafka.stream.inputTopic, () => stream?.status());
  let http: HttpServer | undefined;
  try {
    http = await startHttp(config, telemetry, () => executor.readiness());
    logger.info({ port: http.port, paths: ['/live', '/ready', config.http.metricsPath] }, 'HTTP server listens');
    return await executor.run();
  } finally {
    await http?.close(HTTP_CLOSE_LIMIT_MS);
    await graph.close();
    telemetry.end();
    stop.end();
  }
}

/** Only probes and scrapes can still be running. */
const HTTP_CLOSE_LIMIT_MS = 1_000;

function createGraph(config: ExecutorConfig, telemetry: Telemetry): GraphExecutor {
  const { predictor, protocol, transport, overrideEndpoints, routingInjection } = config;
  const graph = compileGraph(predictor, { protocol, transport, overrideEndpoints });
  const createClient = transport === 'grpc' ? createGrpcClient : createRestClient;
  const client = createClient({
    protocol,
    timeoutMs: config.modelTimeoutMs,
    fullHealthChecks: config.fullHealthChecks,
  });
  return createExecutor(graph, measuredClient(client, telemetry.registry, config), { routingInjection });
}

async function startHttp(
  { http }: ExecutorConfig,
  { registry }: Telemetry,
  readiness: () => Promise<Readiness>,
): Promise<HttpServer> {
  const cors = { allowedOrigins: http.corsAllowedOrigins, allowedHeaders: http.corsAllowedHeaders };
  const metrics = { contentType: registry.contentType, render: () => registry.metrics() };
  return startHttpServer({ host: http.host, port: http.port, cors }, [
    probeRoutes(readiness),
    metricsRoute(http.metricsPath, metrics),
  ]);
}

/** The life of one predictor: waiting for its graph, streaming, ending. */
class Executor {
  readonly #config: ExecutorConfig;
  readonly #stream: Pipeline | undefined;
  readonly #graphReadiness: GraphReadiness;
  readonly #stop: AbortSignal;
  readonly #logger: Logger;

  constructor(
    config: ExecutorConfig,
    graph: GraphExecutor,
    stream: Pipeline | undefined,
    stop: AbortSignal,
    logger: Logger,
  ) {
    this.#config = config;
    this.#stream = stream;
    this.#graphReadiness = new GraphReadiness(graph, systemClock);
    this.#stop = stop;
    this.#logger = logger;
  }

  /** What `/ready` says. */
  async readiness(): Promise<Readiness> {
    if (this.#stop.aborted) return { ready: false, reasons: ['shutting down'] };
    const reason = await this.#graphReadiness.reason();
    const reasons = reason === undefined ? [] : [reason];
    if (this.#stream !== undefined) reasons.push(...streamNotReady(this.#stream.status()));
    return { ready: reasons.length === 0, reasons };
  }

  async run(): Promise<number> {
    const { predictor, deploymentName, namespace, kafka } = this.#config;
    this.#logger.info({ deployment: deploymentName, namespace, predictor: predictor.name }, 'waiting for the graph');
    await this.#graphReadiness.wait(this.#stop, (reason) => {
      this.#logger.info({ reason }, 'the graph is not ready yet');
    });
    const stopped = aborted(this.#stop);
    if (this.#stream === undefined || kafka === undefined || this.#stop.aborted) {
      await stopped;
      this.#logger.info({ signal: String(this.#stop.reason) }, 'shutting down');
      await sleep(this.#config.shutdownDelayMs);
      await this.#stream?.close(0);
      return 0;
    }
    const { inputTopic, outputTopic } = kafka.stream;
    this.#logger.info({ group: kafka.group, inputTopic, outputTopic }, 'the graph is ready; the stream starts');
    const streamed = this.#untilEnded(this.#stream);
    await Promise.race([stopped, streamed]);
    return this.#drain(this.#stream, streamed);
  }

  /** Resolves when the stream has ended because it was asked to. */
  async #untilEnded(stream: Pipeline): Promise<void> {
    try {
      await stream.run();
    } catch (error) {
      await stream.close(0);
      throw streamFailure(error);
    }
    if (!this.#stop.aborted) throw new Error('the stream ended by itself');
  }

  async #drain(stream: Pipeline, streamed: Promise<void>): Promise<number> {
    const { shutdownDelayMs, gracefulTimeoutMs } = this.#config;
    this.#logger.info({ signal: String(this.#stop.reason), shutdownDelayMs }, 'shutting down');
    // A stream that fails in the delay needs no more of it.
    await Promise.race([sleep(shutdownDelayMs), streamed]);
    const begun = systemClock.now();
    await stream.close(gracefulTimeoutMs);
    const durationMs = Math.round(systemClock.now() - begun);
    if (durationMs < gracefulTimeoutMs) {
      this.#logger.info({ durationMs }, 'all records in flight are finished');
      return 0;
    }
    this.#logger.error({ gracefulTimeoutMs }, 'graceful_timeout exceeded; what was in flight will be repeated');
    return 1;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
