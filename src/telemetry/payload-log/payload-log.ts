import type { Registry } from 'prom-client';
import { systemClock } from '../../base/clock.ts';
import { errorText } from '../../base/errors.ts';
import { payloadPassed, type PayloadPassed } from '../../graph/channels.ts';
import { LimitedLog } from '../logs/limited-log.ts';
import { LogLimiter } from '../logs/log-limiter.ts';
import type { Logger } from '../logs/logger.ts';
import { Subscriptions } from '../subscriptions.ts';
import { Delivery, type DeliveryListener } from './delivery.ts';
import { HttpReceiver } from './http-receiver.ts';
import { KafkaReceiver } from './kafka-receiver.ts';
import type { PayloadLogConfig } from './payload-log-config.ts';
import { payloadLogMetrics } from './payload-log-metrics.ts';

/** A payload log that is running. */
export interface PayloadLog {
  /** Listens no more, delivers what waits within the limit, drops the rest. Never rejects. */
  close(limitMs: number): Promise<void>;
}

const ATTEMPTS = 3;
const BACKOFF = { initialMs: 200, maxMs: 2_000 };
const POST_TIMEOUT_MS = 5_000;
/** Records at one time in the hands of the producer, which makes batches of them. */
const KAFKA_CONCURRENCY = 1_000;

/**
 * Listens to the payloads that the graph tells of and brings them to their receivers, beside the stream: it never makes anything
 * wait, holds a bounded number of events and bytes, and counts what it drops.
 *
 * @throws MillraceError when the settings of its Kafka cannot be used
 */
export function startPayloadLog(config: PayloadLogConfig, registry: Registry, logger: Logger): PayloadLog {
  const log = new LimitedLog(logger, new LogLimiter(systemClock));
  const deliveries: Delivery[] = [];
  const metrics = payloadLogMetrics(registry, () => ({
    events: deliveries.reduce((sum, { events }) => sum + events, 0),
    bytes: deliveries.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  const deliveryOf = createDeliveries(config, log, {
    sent: ({ kind }) => metrics.sent(kind),
    dropped(reason, receiver, why) {
      metrics.dropped(reason);
      log.limited(`${reason} ${receiver}`, 'warn', { receiver, reason, error: why }, 'a payload was not logged');
    },
    retried: () => metrics.retried(),
  });
  deliveries.push(...new Set(deliveryOf.values()));
  logger.info({ receivers: deliveries.map(({ receiver }) => receiver) }, 'payloads are logged');

  const subscriptions = new Subscriptions((error) => {
    log.limited('fault', 'error', { error: errorText(error) }, 'a payload could not be logged: a fault of Millrace');
  });
  subscriptions.add(payloadPassed, (passed) => deliveryOf.get(keyOf(config, passed))?.take(passed));
  return {
    async close(limitMs) {
      subscriptions.end();
      await Promise.all(deliveries.map((delivery) => delivery.close(limitMs)));
    },
  };
}

/** All events of one receiver have the same key. */
function keyOf({ target }: PayloadLogConfig, { logger }: PayloadPassed): string {
  return target.kind === 'kafka' ? target.topic : (logger.url ?? target.defaultUrl ?? '');
}

function createDeliveries(
  config: PayloadLogConfig,
  log: LimitedLog,
  listener: DeliveryListener,
): ReadonlyMap<string, Delivery> {
  const { target, origin, maxEvents, maxBytes } = config;
  if (target.kind === 'kafka') {
    const receiver = new KafkaReceiver(target.connection, target.topic, origin, ({ what, error, attempt }) => {
      log.limited('kafka', 'warn', { what, attempt, error }, 'Kafka cannot be used for the payload log; trying again');
    });
    const limits = { maxEvents, maxBytes, concurrency: KAFKA_CONCURRENCY, attempts: ATTEMPTS, backoff: BACKOFF };
    return new Map([[target.topic, new Delivery(receiver, limits, listener)]]);
  }
  const { urls, connections } = target;
  // A receiver that is away must not take the room of another.
  const limits = {
    maxEvents: Math.ceil(maxEvents / urls.length),
    maxBytes: Math.ceil(maxBytes / urls.length),
    concurrency: connections,
    attempts: ATTEMPTS,
    backoff: BACKOFF,
  };
  const deliveries = urls.map((url) => {
    const receiver = new HttpReceiver({ url, connections, timeoutMs: POST_TIMEOUT_MS }, origin);
    return [url, new Delivery(receiver, limits, listener)] as const;
  });
  return new Map(deliveries);
}
