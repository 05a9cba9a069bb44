import { integer, string } from '../../base/options.ts';

/** Where and how payloads are logged, of the units that have a `logger`. Seldon's names. */
export const payloadLogOptions = {
  logDefaultEndpoint: string({
    default: '',
    env: 'REQUEST_LOGGER_DEFAULT_ENDPOINT',
    help: 'URL that CloudEvents are posted to for units whose logger has no url',
  }),
  logKafkaBroker: string({
    default: '',
    flag: 'log_kafka_broker',
    env: 'LOGGER_KAFKA_BROKER',
    help: 'Bootstrap brokers, HOST:PORT[,HOST:PORT...]; when it is set, payloads go to a topic instead of to URLs, with the security settings of KAFKA_*',
  }),
  logKafkaTopic: string({
    default: 'seldon',
    flag: 'log_kafka_topic',
    env: 'LOGGER_KAFKA_TOPIC',
    help: 'That topic; created if it is missing',
  }),
  loggerWorkers: integer({
    default: 10,
    min: 1,
    max: 1_000,
    unit: 'posts',
    flag: 'logger_workers',
    help: 'Posts at one time to one URL; a topic has one producer',
  }),
  logBufferEvents: integer({
    default: 10_000,
    min: 1,
    unit: 'events',
    flag: 'log_work_buffer_size',
    help: 'Events held at most, shared evenly by the receivers; what comes beyond is dropped and counted',
  }),
  logBufferBytes: integer({
    default: 64 * 1024 * 1024,
    min: 1024 * 1024,
    unit: 'bytes',
    env: 'LOGGER_WORK_BUFFER_BYTES',
    help: 'Bytes of events held at most, shared in the same way',
  }),
  logWriteTimeoutMs: integer({
    default: 2_000,
    unit: 'ms',
    flag: 'log_write_timeout_ms',
    help: 'Accepted for compatibility, without effect: nothing waits for room',
  }),
} as const;
