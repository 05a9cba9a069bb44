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
  /** The document: the plan's, or one with the ports of the nodes in it. */
  readonly file: string;
  readonly broker: string;
  readonly names: DemoNames;
  readonly nodes: readonly PlacedNode[];
  readonly httpPort: number;
  /** Of a document for requests. */
  readonly grpcPort: number;
}

/** The `millrace run` command line of the demo, without the program. */
export function deploymentArguments(spec: DeploymentSpec): string[] {
  const { plan, file, names, httpPort, grpcPort } = spec;
  const which = ['--deployment', plan.deploymentName, '--predictor', plan.predictor, '--namespace', names.namespace];
  const how = ['--http-port', String(httpPort), '--graceful-timeout', '3s'];
  const grpc = plan.server === 'rpc' ? ['--grpc-port', String(grpcPort)] : [];
  const env = Object.entries(variables(spec)).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return ['run', file, ...which, ...endpoints(spec), ...how, ...grpc, ...env];
}

function variables({ plan, broker, names }: DeploymentSpec): Readonly<Record<string, string>> {
  if (plan.server === 'rpc') return plan.env;
  return {
    KAFKA_BROKER: broker,
    KAFKA_INPUT_TOPIC: names.inputTopic,
    KAFKA_OUTPUT_TOPIC: names.outputTopic,
    KAFKA_ERROR_TOPIC: names.errorTopic,
    ...plan.env,
  };
}

// They name one port of each node; where two are called they are in the document.
function endpoints({ plan, nodes }: DeploymentSpec): string[] {
  if (plan.server === 'rpc') return [];
  return nodes.flatMap((node) => ['--endpoint', `${node.name}=127.0.0.1:${node.grpcPort ?? node.port}`]);
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

// A KAFKA_* or SELDON_CERT_* variable of the user's shell wins over the document's: it would change what the demo shows. How to be let in to a
// Kafka of others is the exception.
function childEnvironment(ownKafka: boolean): NodeJS.ProcessEnv {
  const kept = ownKafka ? /^(?!KAFKA_|SELDON_CERT_)/ : /^(?!KAFKA_|SELDON_CERT_)|^KAFKA_(?:SECURITY|SSL|SASL)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}
