// Global set-up of the integration run: one Kafka for all test files, unless MILLRACE_TEST_KAFKA names one already.
import { startEmbeddedKafka, type EmbeddedKafka } from '../src/dev/kafka/embedded-kafka.ts';

let kafka: EmbeddedKafka | undefined;

export async function globalSetup(): Promise<void> {
  if (process.env['MILLRACE_TEST_KAFKA']) return;
  kafka = await startEmbeddedKafka({ progress: (note) => process.stderr.write(`${note}\n`) });
  process.env['MILLRACE_TEST_KAFKA'] = kafka.bootstrap;
}

export async function globalTeardown(): Promise<void> {
  await kafka?.stop();
}
