import type { DemoNames } from './demo-broker.ts';
import type { DemoPlan, PlacedNode } from './demo-plan.ts';
import { MillraceChild, type MillraceProgram } from './millrace-child.ts';

/** What all children have in common. */
export interface ChildSetting {
  readonly program: MillraceProgram;
  /** Where their logs are. */
  readonly directory: string;
  /** The Kafka is the demo's own, not one of others. */
  readonly ownKafka: boolean;
}

/** Where and how the deployment of a plan runs. */
export interface DeploymentSpec {
  readonly plan: DemoPlan;
  readonly broker: string;
  readonly names: DemoNames;
  readonly nodes: readonly PlacedNode[];
  readonly httpPort: number;
}

/** The `millrace run` command line of the demo, without the program. */
export function deploymentArguments(spec: DeploymentSpec): string[] {
  const { plan, broker, names, nodes, httpPort } = spec;
  const variables = {
    KAFKA_BROKER: broker,
    KAFKA_INPUT_TOPIC: names.inputTopic,
    KAFKA_OUTPUT_TOPIC: names.outputTopic,
    KAFKA_ERROR_TOPIC: names.errorTopic,
    ...plan.env,
  };
  const which = ['--deployment', plan.deploymentName, '--predictor', plan.predictor, '--namespace', names.namespace];
  const where = nodes.flatMap((node) => ['--endpoint', `${node.name}=127.0.0.1:${node.grpcPort ?? node.port}`]);
  const env = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const how = ['--http-port', String(httpPort), '--graceful-timeout', '3s'];
  return ['run', plan.deployment, ...which, ...where, ...how, ...env];
}

/** `millrace run` with the deployment of the plan. */
export function startDeploymentChild(setting: ChildSetting, spec: DeploymentSpec): MillraceChild {
  return startChild(setting, deploymentArguments(spec), `http://127.0.0.1:${spec.httpPort}/ready`);
}

/** Starts a `millrace` command; `node` is what it plays, where several may run the same command. */
export function startChild(
  setting: ChildSetting,
  args: readonly string[],
  readyUrl: string,
  env: NodeJS.ProcessEnv = {},
  node?: string,
): MillraceChild {
  const { program, directory, ownKafka } = setting;
  return new MillraceChild({
    program,
    args,
    env: { ...childEnvironment(ownKafka), ...env },
    directory,
    readyUrl,
    node,
  });
}

// A KAFKA_* variable of the user's shell wins over the document's: it would change what the demo shows. How to be let in to a
// Kafka of others is the exception.
function childEnvironment(ownKafka: boolean): NodeJS.ProcessEnv {
  const kept = ownKafka ? /^(?!KAFKA_)/ : /^(?!KAFKA_)|^KAFKA_(?:SECURITY|SSL|SASL)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}
