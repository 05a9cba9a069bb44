import type { Path } from '../path.ts';
import type { EnvVar } from '../pod-spec.ts';
import { errorTopicName, TOPIC_NAME_REMEDY, whyNoTopicName } from '../topic-name.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';

/** A variable of the orchestrator as it will count: of several entries of one name Kubernetes takes the last. */
export interface PlacedVariable {
  readonly variable: EnvVar;
  readonly at: Path;
}

/** The value as it is written, when it is known here: not from a secret, and without references to other variables. */
export function literal(placed: PlacedVariable | undefined): string | undefined {
  const value = placed?.variable.value;
  return value === undefined || value === '' || value.includes('$(') ? undefined : value;
}

/** KAFKA_BROKER: a list of HOST:PORT. */
export function* kafkaBroker(placed: PlacedVariable | undefined): Generator<DeploymentProblem> {
  const value = literal(placed);
  if (placed === undefined || value === undefined) return;
  const at = [...placed.at, 'value'];
  for (const address of value.split(',').map((part) => part.trim())) {
    const match = /^(?:[A-Za-z][A-Za-z_]*:\/\/)?(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(?::(\d+))?$/.exec(address);
    const port = Number(match?.[2] ?? 9092);
    if (match === null || port < 1 || port > 65_535) {
      const message = `KAFKA_BROKER: '${address}' is not HOST:PORT`;
      yield error({
        rule: 'kafka-broker',
        at,
        value: address,
        message,
        remedy: 'write HOST:PORT, several with commas between them',
      });
    } else if (match[2] === undefined) {
      const message = `KAFKA_BROKER: '${address}' has no port`;
      yield warning({
        rule: 'kafka-broker',
        at,
        value: address,
        message,
        remedy: `write ${address}:PORT, with 9092 for most brokers`,
      });
    }
  }
}

/** Topics: legal names, and no stream that feeds itself. */
export function* kafkaTopics(variables: ReadonlyMap<string, PlacedVariable>): Generator<DeploymentProblem> {
  const input = literal(variables.get('KAFKA_INPUT_TOPIC'));
  const output = literal(variables.get('KAFKA_OUTPUT_TOPIC'));
  for (const name of ['KAFKA_INPUT_TOPIC', 'KAFKA_OUTPUT_TOPIC', 'KAFKA_ERROR_TOPIC']) {
    const placed = variables.get(name);
    const topic = literal(placed);
    if (placed === undefined || topic === undefined) continue;
    const shared = { rule: 'kafka-topic', at: [...placed.at, 'value'], value: topic };
    const wrong = whyNoTopicName(topic);
    if (wrong !== undefined) {
      const message = `${name}: '${topic.slice(0, 80)}' is no topic name: ${wrong}`;
      yield error({ ...shared, message, remedy: TOPIC_NAME_REMEDY });
    } else if (name !== 'KAFKA_INPUT_TOPIC' && topic === input) {
      const message = `${name}: '${topic}' is the input topic too, so records would go round without end`;
      yield error({ ...shared, message, remedy: 'use another topic' });
    } else if (name === 'KAFKA_ERROR_TOPIC' && topic === output) {
      const message = `${name}: '${topic}' is the output topic too, so failures would stand among the predictions`;
      yield warning({ ...shared, message, remedy: 'use another topic' });
    }
  }
  yield* unnamedErrorTopic(variables);
}

/** The error topic that gets its name from the output topic. */
function* unnamedErrorTopic(variables: ReadonlyMap<string, PlacedVariable>): Generator<DeploymentProblem> {
  const errors = variables.get('KAFKA_ERROR_TOPIC')?.variable;
  const placed = variables.get('KAFKA_OUTPUT_TOPIC');
  const output = literal(placed);
  if (placed === undefined || output === undefined || errors?.value || errors?.valueFrom !== undefined) return;
  const topic = errorTopicName('', output) ?? '';
  const shared = { rule: 'kafka-topic', at: [...placed.at, 'value'], value: output };
  const wrong = whyNoTopicName(output) === undefined ? whyNoTopicName(topic) : undefined;
  if (topic === literal(variables.get('KAFKA_INPUT_TOPIC'))) {
    const message = `'${topic}', the error topic of this output topic, is the input topic too, so failed records would come back for ever`;
    yield error({ ...shared, message, remedy: 'set KAFKA_ERROR_TOPIC to another topic' });
  } else if (wrong !== undefined) {
    const message = `'${topic.slice(0, 80)}', the error topic of this output topic, is no topic name: ${wrong}`;
    yield error({ ...shared, message, remedy: 'set KAFKA_ERROR_TOPIC, or shorten the name' });
  }
}
