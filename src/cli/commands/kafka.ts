import { Command } from 'commander';
import { problemsError } from '../../base/errors.ts';
import { boolean, choice, integer, readOptions, string } from '../../base/options.ts';
import type { TopicSpec } from '../../dev/kafka/create-topics.ts';
import type { EmbeddedClusterOptions } from '../../dev/kafka/embedded-cluster.ts';
import { note, print } from '../print.ts';
import { wrongOption } from '../wrong-option.ts';

const kafkaOptions = {
  port: integer({
    default: 0,
    min: 0,
    max: 65_535,
    flag: 'port',
    unit: 'port',
    help: 'port of 127.0.0.1; 0 is a free one',
  }),
  brokers: integer({
    default: 1,
    min: 1,
    max: 9,
    flag: 'brokers',
    unit: 'count',
    help: 'a cluster of so many brokers, each with the data of the others; its ports and data are temporary',
  }),
  dataDir: string({
    default: '',
    flag: 'data-dir',
    unit: 'dir',
    help: 'keep the data there; the next start takes it up again',
  }),
  partitions: integer({
    default: 1,
    min: 1,
    max: 10_000,
    flag: 'partitions',
    unit: 'count',
    help: 'partitions of topics that are created without a number',
  }),
  logLevel: choice({
    default: 'warn',
    choices: ['error', 'warn', 'info', 'debug', 'trace'],
    flag: 'log-level',
    unit: 'level',
    help: "level of the broker's own log, broker.log in the data directory",
  }),
  heapMb: integer({ default: 512, min: 128, max: 65_536, flag: 'heap', unit: 'MB', help: 'Java heap, megabytes' }),
  autoCreateTopics: boolean({
    default: false,
    flag: 'auto-create-topics',
    help: 'let the broker create a topic when a client asks for one that is not there',
  }),
  printAddress: boolean({ default: false, flag: 'print-address', help: 'print nothing but the address, for scripts' }),
} as const;

/** Kafka's own default: a laptop may be busy. */
const KAFKA_SESSION_MS = 9_000;

/** `millrace kafka`: Apache Kafka for development, until Ctrl-C. */
export function kafkaCommand(): Command {
  const command = new Command('kafka')
    .summary('run Apache Kafka for development, one broker on this machine, until Ctrl-C')
    .description(
      'Runs Apache Kafka for development: one broker on this machine, until Ctrl-C. Needs Java 17 and, the first time, ' +
        'Maven; KAFKA_HOME runs your own install.',
    );
  for (const spec of Object.values(kafkaOptions)) {
    const shownDefault = spec.default === '' || spec.default === false ? '' : ` (default ${String(spec.default)})`;
    const value = spec.kind === 'boolean' ? '' : ` <${spec.unit}>`;
    command.option(`--${spec.flag}${value}`, `${spec.help}${shownDefault}`);
  }
  command.option('--topic <name[:partitions]>', 'create a topic when the broker is ready; may be repeated', append);
  return command.action(async (given: Record<string, unknown>) => runKafka(given));
}

function append(text: string, before: string[] = []): string[] {
  return [...before, text];
}

async function runKafka(given: Record<string, unknown>): Promise<void> {
  const { topic: topics, ...rest } = given as { topic?: string[] };
  const flags = Object.fromEntries(Object.entries(rest).map(([name, value]) => [dashed(name), String(value)]));
  const { values, problems } = readOptions(kafkaOptions, { env: {}, flags });
  if (problems.length > 0) throw problemsError('wrong options', 'OPTIONS_INVALID', problems, 2);

  if (values.brokers > 1 && (values.port > 0 || values.dataDir !== '')) {
    const remedy = 'leave them out: a cluster takes free ports and temporary directories';
    throw wrongOption(`--brokers ${values.brokers} does not go with --port or --data-dir`, remedy);
  }

  const { createTopics, parseTopicSpec } = await import('../../dev/kafka/create-topics.ts');
  const { startEmbeddedKafka } = await import('../../dev/kafka/embedded-kafka.ts');
  const specs = (topics ?? []).map(parseTopicSpec);
  const stopAsked = stopSignal();
  const untilStopped = new Promise<void>((resolve) => stopAsked.addEventListener('abort', () => resolve()));
  const shared = {
    partitions: values.partitions,
    logLevel: values.logLevel,
    properties: { 'auto.create.topics.enable': String(values.autoCreateTopics) },
    progress: note,
  };
  if (values.brokers > 1)
    return runCluster({ ...shared, brokers: values.brokers }, specs, untilStopped, values.printAddress);
  let kafka;
  try {
    kafka = await startEmbeddedKafka({
      ...shared,
      ...(values.port > 0 ? { port: values.port } : {}),
      ...(values.dataDir ? { dataDir: values.dataDir } : {}),
      heapMb: values.heapMb,
      sessionMs: KAFKA_SESSION_MS,
      signal: stopAsked,
    });
  } catch (error) {
    // Asked to stop before it was ready: there is nothing to report.
    if (stopAsked.aborted) return;
    throw error;
  }
  try {
    if (specs.length > 0) await createTopics(kafka.bootstrap, specs);
    if (!stopAsked.aborted) announce(kafka.version, kafka.bootstrap, values.printAddress);
    const end = await Promise.race([kafka.exited(), untilStopped]);
    if (end !== undefined && !stopAsked.aborted) throw await kafka.failure();
  } finally {
    await kafka.stop();
  }
}

async function runCluster(
  options: EmbeddedClusterOptions,
  topics: readonly TopicSpec[],
  untilStopped: Promise<void>,
  addressOnly: boolean,
): Promise<void> {
  const { createTopics } = await import('../../dev/kafka/create-topics.ts');
  const { startEmbeddedCluster } = await import('../../dev/kafka/embedded-cluster.ts');
  const cluster = await startEmbeddedCluster(options);
  try {
    if (topics.length > 0) await createTopics(cluster.bootstrap, topics);
    announce(cluster.version, cluster.bootstrap, addressOnly);
    await untilStopped;
  } finally {
    await cluster.stop();
  }
}

// A person gets the sentence; a script gets the address on standard output, and the sentence only on standard error.
function announce(version: string, address: string, addressOnly: boolean): void {
  const sentence = `Kafka ${version} is ready at ${address} (Ctrl-C stops it)`;
  if (process.stdout.isTTY && !addressOnly) return print(sentence);
  if (!addressOnly) note(sentence);
  print(address);
}

// The handlers stay: a second Ctrl-C must not cut the clean-up short, which is bounded by itself.
function stopSignal(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort());
  return asked.signal;
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
