// Global set-up of the integration run: one Kafka for all test files, unless MILLRACE_TEST_KAFKA names one already.
import { startEmbeddedKafka, type EmbeddedKafka } from '../src/dev/kafka/embedded-kafka.ts';

const PROPERTIES = {
  // Else a transaction that is too old is ended ten seconds late.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  // Where brokers share out the partitions, they also say how often members are heard. By default every 5 s.
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '500',
};

// Each of its threads keeps a buffer of the largest message it has had; of 100 MB, only four find room by default.
const JAVA_OPTIONS = ['-XX:MaxDirectMemorySize=2g'];

let kafka: EmbeddedKafka | undefined;

export async function globalSetup(): Promise<void> {
  if (process.env['MILLRACE_TEST_KAFKA']) return;
  try {
    // Nobody kills it, but the machine may be busy.
    const options = { properties: PROPERTIES, javaOptions: JAVA_OPTIONS, progress: say };
    kafka = await startEmbeddedKafka({ sessionMs: 9_000, ...options });
  } catch (error) {
    say('No Kafka for the integration tests; MILLRACE_TEST_KAFKA=HOST:PORT would name one that runs elsewhere.');
    throw error;
  }
  // The processes of the test files inherit it.
  process.env['MILLRACE_TEST_KAFKA'] = kafka.bootstrap;
}

export async function globalTeardown(): Promise<void> {
  await kafka?.stop();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
