import { MillraceError } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { resolveEnvironment } from '../../deployment/environment.ts';
import { parseDeployment } from '../../deployment/parse.ts';
import type { PredictorSpec } from '../../deployment/seldon-deployment.ts';
import { kafkaVariables } from '../../executor/config/kafka-config.ts';
import { streamOptions } from '../../stream/options.ts';
import { errorTopicOf } from '../../stream/topics.ts';
import { readDocument } from '../read-document.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a deployment says of its stream. */
export interface DeploymentTopics {
  readonly inputTopic: string;
  readonly errorTopic: string;
  /** Its environment, in which KAFKA_* variables of this process win, as in `millrace run`. */
  readonly env: Environment;
}

/**
 * Reads the topics, and the way to Kafka, from a SeldonDeployment document.
 *
 * @param predictor empty where there is only one
 * @param secrets directory of secrets and config maps; may be empty
 * @throws MillraceError
 */
export function deploymentTopics(
  file: string,
  predictor: string,
  secrets: string,
  processEnv: Environment,
): DeploymentTopics {
  const { deployment } = parseDeployment(readDocument(file), { source: file === '-' ? 'standard input' : file });
  const chosen = choose(deployment.spec.predictors, predictor);
  const ambient = Object.entries(processEnv).filter(([name, value]) => kafkaVariables.has(name) && value);
  const env = resolveEnvironment(deployment, chosen, {
    secretsDirectory: secrets || undefined,
    overrides: Object.fromEntries(ambient) as Record<string, string>,
  });
  const { values } = readOptions(streamOptions, { env });
  const errorTopic = errorTopicOf(values);
  if (values.inputTopic === '' || values.outputTopic === '' || errorTopic === undefined) {
    throw new MillraceError(`${file} names no error topic to redrive from`, {
      code: 'REDRIVE_DEPLOYMENT',
      remedy:
        errorTopic === undefined
          ? "KAFKA_ERROR_TOPIC is 'none', so failed records are dropped; name a topic there for the future"
          : 'set KAFKA_INPUT_TOPIC and KAFKA_OUTPUT_TOPIC in svcOrchSpec.env, or use --from-topic',
    });
  }
  return { inputTopic: values.inputTopic, errorTopic, env };
}

function choose(predictors: readonly PredictorSpec[], name: string): PredictorSpec {
  const found = name === '' && predictors.length === 1 ? predictors[0] : predictors.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new MillraceError(name === '' ? 'the deployment has several predictors' : `it has no predictor '${name}'`, {
    code: 'PREDICTOR_NOT_FOUND',
    remedy: `name one with --predictor: ${predictors.map((one) => one.name).join(', ')}`,
  });
}
