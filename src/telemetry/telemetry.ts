import type { Registry } from 'prom-client';
import { systemClock } from '../base/clock.ts';
import { errorText } from '../base/errors.ts';
import { logKafka } from './logs/kafka-log.ts';
import { LimitedLog } from './logs/limited-log.ts';
import { LogLimiter } from './logs/log-limiter.ts';
import type { Logger } from './logs/logger.ts';
import { logRpc } from './logs/rpc-log.ts';
import { logStream } from './logs/stream-log.ts';
import { batchMetrics } from './metrics/batch-metrics.ts';
import { kafkaMetrics } from './metrics/kafka-metrics.ts';
import type { MeasuredPredictor } from './metrics/model-call-metrics.ts';
import { createRegistry, telemetryErrors } from './metrics/registry.ts';
import { serverMetrics } from './metrics/server-metrics.ts';
import { streamMetrics } from './metrics/stream-metrics.ts';
import { Subscriptions } from './subscriptions.ts';

/** Metrics and log lines that are being made. */
export interface Telemetry {
  readonly registry: Registry;
  /** Ends the subscriptions. */
  end(): void;
}

/**
 * Listens to every channel of the lower floors and makes metrics and log lines of what they tell.
 *
 * @param served whose requests are measured; without it none are
 */
export function startTelemetry(logger: Logger, served?: Omit<MeasuredPredictor, 'protocol'>): Telemetry {
  const registry = createRegistry();
  const failed = telemetryErrors(registry);
  const limiter = new LogLimiter(systemClock);
  const own = new LimitedLog(logger.child({ logger: 'telemetry' }), limiter);
  const subscriptions = new Subscriptions((error, channel) => {
    failed(channel);
    own.limited(channel, 'error', { channel, error: errorText(error) }, 'an event could not be measured or logged');
  });
  kafkaMetrics(registry, subscriptions);
  streamMetrics(registry, subscriptions);
  batchMetrics(registry, subscriptions);
  if (served !== undefined) serverMetrics(registry, subscriptions, served);
  logKafka(new LimitedLog(logger.child({ logger: 'kafka' }), limiter), subscriptions);
  logStream(new LimitedLog(logger.child({ logger: 'stream' }), limiter), subscriptions);
  logRpc(new LimitedLog(logger.child({ logger: 'rpc' }), limiter), subscriptions);
  return { registry, end: () => subscriptions.end() };
}
