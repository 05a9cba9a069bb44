import { unitsOf } from '../../deployment/graph-units.ts';
import { parseDeployment } from '../../deployment/parse.ts';
import type { PredictorSpec } from '../../deployment/seldon-deployment.ts';
import { isCalled, type GraphNode } from '../../graph/graph.ts';
import type { Protocol, Transport } from '../../protocol/payload.ts';
import { readTestedGraph, type DeploymentChoice } from '../graph-test/format/tested-graph.ts';
import type { Role } from '../model-server/role.ts';

/** What a demo takes from the SeldonDeployment that it runs. */
export interface DemoGraph {
  readonly deploymentName: string;
  readonly predictor: string;
  readonly server: 'kafka' | 'rpc';
  readonly protocol: Protocol;
  readonly transport: Transport;
  readonly inputTopic: string;
  readonly outputTopic: string;
  /** Some unit logs its payloads. */
  readonly logsPayloads: boolean;
  /** Nodes that predictions call, in the order of the graph, with the role that each needs. */
  readonly roles: ReadonlyMap<string, Role>;
}

/**
 * Takes the graph to show out of a SeldonDeployment's text.
 *
 * @throws MillraceError when there is no such graph, or it cannot run
 */
export function readDemoGraph(text: string, choice: DeploymentChoice): DemoGraph {
  const tested = readTestedGraph(text, choice);
  const { deployment } = parseDeployment(text, { source: choice.source, name: choice.deploymentName });
  const { name: deploymentName } = deployment.metadata;
  const { predictors } = deployment.spec;
  // That it is there has just been seen.
  const predictor = predictors.find(({ name }) => name === choice.predictor) ?? predictors[0];
  const { nodes } = tested.compile(new Map(tested.names.map((name) => [name, { host: '127.0.0.1', port: 1 }])));
  return {
    deploymentName,
    predictor: predictor?.name ?? '',
    server: deployment.spec.serverType === 'kafka' ? 'kafka' : 'rpc',
    protocol: tested.protocol,
    transport: tested.transport,
    inputTopic: variable(predictor, 'KAFKA_INPUT_TOPIC') || `${deploymentName}-input`,
    outputTopic: variable(predictor, 'KAFKA_OUTPUT_TOPIC') || `${deploymentName}-output`,
    logsPayloads:
      predictor !== undefined && [...unitsOf(predictor.graph)].some(({ unit }) => unit.logger !== undefined),
    roles: new Map(nodes.filter(isCalled).map((node) => [node.name, roleOf(node)])),
  };
}

function variable(predictor: PredictorSpec | undefined, name: string): string | undefined {
  return predictor?.svcOrchSpec?.env?.findLast((one) => one.name === name)?.value;
}

function roleOf({ children, routing, aggregates, inputCall, transformsOutput }: GraphNode): Role {
  if (children.length > 0 && routing.by === 'call') return 'router';
  if (children.length > 0 && aggregates) return 'combiner';
  if (inputCall === 'transform-input') return 'transformer';
  return inputCall === undefined && transformsOutput ? 'output-transformer' : 'model';
}
