import { randomBytes } from 'node:crypto';
import { Admin } from '@platformatic/kafka';
import { consumerGroup } from '../../deployment/names.ts';
import type { ConnectionOptions } from '../../kafka/options.ts';
import { parseBrokers, securitySettings } from '../../kafka/security/security.ts';
import { startEmbeddedKafka, type EmbeddedKafka } from '../kafka/embedded-kafka.ts';
import type { DemoPlan } from './demo-plan.ts';

/** Names that the demo uses in a Kafka. */
export interface DemoNames {
  readonly inputTopic: string;
  readonly outputTopic: string;
  readonly errorTopic: string;
  /** Of a payload log. */
  readonly payloadTopic: string;
  /** Namespace of the deployment: the last part of its consumer group's name. */
  readonly namespace: string;
  readonly group: string;
}

/** Those of the plan's document. In a Kafka of others each run has its own, by a random ending. */
export function demoNames(plan: DemoPlan, own: boolean): DemoNames {
  const ending = own ? '' : `-${randomBytes(3).toString('hex')}`;
  const namespace = `demo${ending}`;
  const outputTopic = `${plan.outputTopic}${ending}`;
  return {
    inputTopic: `${plan.inputTopic}${ending}`,
    outputTopic,
    errorTopic: `${outputTopic}-errors`,
    payloadTopic: `${outputTopic}-payloads`,
    namespace,
    group: consumerGroup(plan.predictor, plan.deploymentName, namespace),
  };
}

/** The embedded Kafka for a demo: the machine may be busy, and the data is thrown away. */
export async function startDemoKafka(progress: (note: string) => void, signal: AbortSignal): Promise<EmbeddedKafka> {
  return startEmbeddedKafka({ sessionMs: 9_000, progress, signal });
}

/** Ends it at once and removes its data, which nobody needs any more. */
export async function discardKafka(kafka: EmbeddedKafka): Promise<void> {
  await kafka.kill();
  await kafka.stop();
}

const CLEAN_TIMEOUT_MS = 5_000;

/** Removes what a demo made in a Kafka of others: the topics and the group. What is not there is no error. */
export async function cleanBroker(connection: ConnectionOptions, names: DemoNames): Promise<void> {
  const admin = new Admin({
    ...securitySettings(connection),
    clientId: connection.clientId,
    bootstrapBrokers: parseBrokers(connection.broker),
    retries: 0,
    timeout: CLEAN_TIMEOUT_MS,
    requestTimeout: CLEAN_TIMEOUT_MS,
    connectTimeout: CLEAN_TIMEOUT_MS,
  });
  try {
    await admin.deleteGroups({ groups: [names.group] }).catch(() => undefined);
    for (const topic of [names.inputTopic, names.outputTopic, names.errorTopic, names.payloadTopic]) {
      await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
    }
  } finally {
    await admin.close();
  }
}
