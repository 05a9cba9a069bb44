import { sleep, systemClock } from '../base/clock.ts';
import type { Readiness } from '../rpc/readiness.ts';
import type { Pipeline } from '../stream/pipeline.ts';
import { createLogger, type Logger } from '../telemetry/logs/logger.ts';
import { ModelCallMetrics } from '../telemetry/metrics/model-call-metrics.ts';
import { streamGauges } from '../telemetry/metrics/stream-gauges.ts';
import { startPayloadLog } from '../telemetry/payload-log/payload-log.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { createDataPlane, otherDataPlane } from './data-plane.ts';
import type { ExecutorConfig } from './config/executor-config.ts';
import { startFronts, type Fronts, type Served } from './fronts.ts';
import { GraphReadiness, type ReadinessCheck } from './graph-readiness.ts';
import { startStream } from './start-stream.ts';
import { streamFailure } from './stream-failure.ts';
import { streamNotReady } from './stream-readiness.ts';
import { StopRequest } from './stop-signal.ts';

/**
 * Runs one predictor until it is asked to end (SIGTERM, SIGINT) or cannot go on. Probes and requests are answered from the first
 * moment; the stream starts when the graph is ready, so that a replica that is still loading holds no partition.
 *
 * @param listening called once, when the ports are open
 * @returns the exit code: 0 after a clean end, 1 when records or requests were still in flight after `gracefulTimeoutMs`
 * @throws what stops the start, and what the stream cannot recover from
 */
export async function runExecutor(config: ExecutorConfig, listening?: (fronts: Fronts) => void): Promise<number> {
  const root = createLogger(config.log);
  const logger = root.child({ logger: 'executor' });
  for (const text of config.notes) logger.info(text);
  for (const text of config.warnings) logger.warn(text);
  const telemetry = startTelemetry(root, config);
  const { registry } = telemetry;
  const metrics = new ModelCallMetrics(registry, config);
  const plane = createDataPlane(config, config.transport, metrics);
  const { plane: other, missing } = otherDataPlane(config, metrics, plane);
  const isGrpc = config.transport === 'grpc';
  // Without a gRPC server nobody is surprised.
  if (missing !== undefined && (isGrpc || config.grpc !== undefined)) {
    logger.info({ reason: missing }, `predictions are not served over ${isGrpc ? 'HTTP' : 'gRPC'}`);
  }
  const stream = config.kafka && startStream(config.kafka, plane.graph, config.transport);
  const stop = new StopRequest();
  const executor = new Executor(config, plane.graph, stream, stop.signal, logger);
  if (config.kafka) streamGauges(registry, config.kafka.stream.inputTopic, () => stream?.status());
  const payloadLog =
    config.payloadLog && startPayloadLog(config.payloadLog, registry, root.child({ logger: 'payload-log' }));
  let fronts: Fronts | undefined;
  try {
    const served: Served = {
      rest: isGrpc ? other : plane,
      grpc: isGrpc ? plane : other,
      predicts: { rest: !isGrpc || missing === undefined, grpc: isGrpc || missing === undefined },
      registry,
      readiness: () => executor.readiness(),
      liveness: () => executor.liveness(),
    };
    fronts = await startFronts(config, served, logger);
    listening?.(fronts);
    return await executor.run(fronts);
  } finally {
    await fronts?.close(0);
    await plane.graph.close();
    await other.graph.close();
    await payloadLog?.close(PAYLOAD_LOG_CLOSE_MS);
    telemetry.end();
    stop.end();
  }
}

/** Between two looks whether the stream is stuck. */
const WATCH_MS = 5_000;

/** For the payloads that are still to be logged, when everything else has ended. */
const PAYLOAD_LOG_CLOSE_MS = 2_000;

/** The life of one predictor: waiting for its graph, streaming, ending. */
class Executor {
  readonly #config: ExecutorConfig;
  readonly #stream: Pipeline | undefined;
  readonly #graphReadiness: GraphReadiness;
  readonly #stop: AbortSignal;
  readonly #logger: Logger;
  #isStuck = false;

  constructor(
    config: ExecutorConfig,
    graph: ReadinessCheck,
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

  /** What `/live` says. */
  liveness(): readonly string[] {
    return this.#stop.aborted ? [] : (this.#stream?.status().stuck ?? []);
  }

  async run(fronts: Fronts): Promise<number> {
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
      return this.#ended(0, await fronts.close(this.#config.gracefulTimeoutMs));
    }
    const { inputTopic, outputTopic } = kafka.stream;
    this.#logger.info({ group: kafka.group, inputTopic, outputTopic }, 'the graph is ready; the stream starts');
    const streamed = this.#untilEnded(this.#stream);
    const watch = setInterval(() => this.#tellStuck(), WATCH_MS);
    await Promise.race([stopped, streamed]).finally(() => clearInterval(watch));
    return this.#drain(this.#stream, streamed, fronts);
  }

  // Whoever looks at the log later must find why the process was started again.
  #tellStuck(): void {
    const reasons = this.liveness();
    const said = reasons.length > 0;
    if (said && !this.#isStuck) this.#logger.error({ reasons }, 'the stream is stuck; /live fails');
    if (!said && this.#isStuck) this.#logger.info('the stream makes progress again');
    this.#isStuck = said;
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

  async #drain(stream: Pipeline, streamed: Promise<void>, fronts: Fronts): Promise<number> {
    const { shutdownDelayMs, gracefulTimeoutMs } = this.#config;
    this.#logger.info({ signal: String(this.#stop.reason), shutdownDelayMs }, 'shutting down');
    // A stream that fails in the delay needs no more of it.
    await Promise.race([sleep(shutdownDelayMs), streamed]);
    const begun = systemClock.now();
    const [answered] = await Promise.all([fronts.close(gracefulTimeoutMs), stream.close(gracefulTimeoutMs)]);
    return this.#ended(Math.round(systemClock.now() - begun), answered);
  }

  #ended(durationMs: number, answered: boolean): number {
    const { gracefulTimeoutMs } = this.#config;
    if (answered && durationMs < gracefulTimeoutMs) {
      this.#logger.info({ durationMs }, 'all records and requests in flight are finished');
      return 0;
    }
    this.#logger.error({ gracefulTimeoutMs }, 'graceful_timeout exceeded; records in flight will be repeated');
    return 1;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
