import { boolean, choice, integer, string, type OptionValues } from '../base/options.ts';

/** What the stream does: topics, limits, retries, commits. */
export const streamOptions = {
  inputTopic: string({
    default: '',
    env: 'KAFKA_INPUT_TOPIC',
    flag: 'kafka_input_topic',
    help: 'Topic of the requests',
  }),
  outputTopic: string({
    default: '',
    env: 'KAFKA_OUTPUT_TOPIC',
    flag: 'kafka_output_topic',
    help: 'Topic of the predictions',
  }),
  errorTopic: string({
    default: '',
    env: 'KAFKA_ERROR_TOPIC',
    help: "Topic of the records that failed; '<output topic>-errors' when empty, 'none' counts and drops them",
  }),
  workers: integer({
    default: 64,
    min: 1,
    max: 100_000,
    unit: 'records',
    env: 'KAFKA_WORKERS',
    flag: 'kafka_workers',
    environmentWins: true,
    help: 'Records in flight: at the models at one time (Seldon: 4)',
  }),
  inFlightBytes: integer({
    default: 64 * 1024 * 1024,
    min: 1024,
    unit: 'bytes',
    env: 'KAFKA_IN_FLIGHT_BYTES',
    help: 'Bytes of records in flight and of results not yet acknowledged',
  }),
  order: choice({
    default: 'key',
    choices: ['key', 'unordered', 'partition'],
    env: 'KAFKA_ORDER',
    help: 'Which results leave in the order in which their requests came',
  }),
  partitioner: choice({
    default: 'murmur2',
    choices: ['murmur2', 'crc32', 'input'],
    env: 'KAFKA_PARTITIONER',
    help: "Partition of a result: Java's hash of the key, librdkafka's (what Seldon used), or that of its request",
  }),
  batchSize: integer({
    default: 1,
    min: 1,
    max: 10_000,
    unit: 'records',
    env: 'KAFKA_BATCH_SIZE',
    help: 'Records put into one model call, along the first axis of their tensors; 1 makes a call for each',
  }),
  batchDelayMs: integer({
    default: 5,
    min: 0,
    max: 60_000,
    unit: 'ms',
    env: 'KAFKA_BATCH_DELAY_MS',
    help: 'How long a record waits for others to make up a batch',
  }),
  retries: integer({
    default: 5,
    min: 0,
    max: 1000,
    env: 'KAFKA_RETRIES',
    help: 'Attempts after the first, for failures that may pass: 5xx, 429, time-outs, resets',
  }),
  retryBackoffMs: integer({
    default: 200,
    min: 1,
    max: 600_000,
    unit: 'ms',
    env: 'KAFKA_RETRY_BACKOFF_MS',
    help: 'Wait before the first retry; doubles up to 30 times itself, with jitter',
  }),
  modelTimeoutMs: integer({
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    env: 'KAFKA_MODEL_TIMEOUT_MS',
    help: 'Limit of one model call, for records and for requests; the annotations seldon.io/rest-timeout and grpc-timeout win',
  }),
  commitIntervalMs: integer({
    default: 1_000,
    min: 10,
    max: 60_000,
    unit: 'ms',
    env: 'KAFKA_COMMIT_INTERVAL_MS',
    help: 'How often finished offsets are committed; a crash repeats what finished since',
  }),
  createTopics: boolean({
    default: true,
    env: 'KAFKA_CREATE_TOPICS',
    help: 'Create the output and error topics when absent, with the partition count of the input topic',
  }),
  autoCommit: boolean({
    default: true,
    env: 'KAFKA_AUTO_COMMIT',
    flag: 'kafka_auto_commit',
    environmentWins: true,
    help: "Seldon's switch, accepted and without effect: commits are always safe",
  }),
  fullGraph: boolean({
    default: false,
    env: 'KAFKA_FULL_GRAPH',
    flag: 'kafka_full_graph',
    environmentWins: true,
    help: "Seldon's switch for Kafka between the nodes: refused with a message",
  }),
} as const;

export type StreamOptions = OptionValues<typeof streamOptions>;
