import { fileURLToPath } from 'node:url';
import type { DemoNames } from './demo-broker.ts';
import { MillraceChild, type MillraceProgram } from './millrace-child.ts';

/** The deployment that the demo runs, as it is in the examples. */
export const DEMO_DEPLOYMENT = fileURLToPath(new URL('../../../examples/cifar10/deployment.yaml', import.meta.url));

/** Requests of the examples, one a line. */
export const DEMO_REQUESTS = fileURLToPath(new URL('../../../examples/cifar10/requests.jsonl', import.meta.url));

const MODEL_FILE = fileURLToPath(new URL('../../../examples/cifar10/resnet32.onnx', import.meta.url));
const MODEL_NAME = 'resnet32';
/** What the model server lets wait by default. */
const MODEL_QUEUE = 1_024;

/** What all children have in common. */
export interface ChildSetting {
  readonly program: MillraceProgram;
  /** Where their logs are. */
  readonly directory: string;
  /** The Kafka is the demo's own, not one of others. */
  readonly ownKafka: boolean;
}

/** `millrace model-server` with the model of the examples. */
export function startModelServerChild(setting: ChildSetting, port: number, workers: number): MillraceChild {
  const args = ['model-server', '--name', MODEL_NAME, '--model', MODEL_FILE, '--port', String(port), '--no-grpc'];
  // All records in flight can wait there at one time.
  if (workers > MODEL_QUEUE) args.push('--queue', String(workers));
  return start(setting, args, `http://127.0.0.1:${port}/v1/models/${MODEL_NAME}`, NO_TELEMETRY);
}

export interface DeploymentSpec {
  readonly broker: string;
  readonly names: DemoNames;
  readonly modelPort: number;
  readonly httpPort: number;
  /** Records in flight. */
  readonly workers: number;
}

/** The `millrace run` command line of the demo, without the program. */
export function deploymentArguments(spec: DeploymentSpec): string[] {
  const { broker, names, modelPort, httpPort, workers } = spec;
  const variables = {
    KAFKA_BROKER: broker,
    KAFKA_INPUT_TOPIC: names.inputTopic,
    KAFKA_OUTPUT_TOPIC: names.outputTopic,
    KAFKA_ERROR_TOPIC: names.errorTopic,
    KAFKA_WORKERS: String(workers),
  };
  const env = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const where = ['--endpoint', `${MODEL_NAME}=127.0.0.1:${modelPort}`, '--http-port', String(httpPort)];
  return ['run', DEMO_DEPLOYMENT, '--namespace', names.namespace, ...where, '--graceful-timeout', '3s', ...env];
}

/** `millrace run` with the deployment of the examples. */
export function startDeploymentChild(setting: ChildSetting, spec: DeploymentSpec): MillraceChild {
  return start(setting, deploymentArguments(spec), `http://127.0.0.1:${spec.httpPort}/ready`);
}

// ONNX Runtime reports its use to its maker, and leaves files in the home and the temporary directory for that, unless told not to.
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' };

function start(
  setting: ChildSetting,
  args: readonly string[],
  readyUrl: string,
  env: NodeJS.ProcessEnv = {},
): MillraceChild {
  const { program, directory, ownKafka } = setting;
  return new MillraceChild({ program, args, env: { ...childEnvironment(ownKafka), ...env }, directory, readyUrl });
}

// A KAFKA_* variable of the user's shell wins over the document's: it would change what the demo shows. How to be let in to a
// Kafka of others is the exception.
function childEnvironment(ownKafka: boolean): NodeJS.ProcessEnv {
  const kept = ownKafka ? /^(?!KAFKA_)/ : /^(?!KAFKA_)|^KAFKA_(?:SECURITY|SSL|SASL)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}
