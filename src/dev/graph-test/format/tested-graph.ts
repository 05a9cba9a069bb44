import { MillraceError } from '../../../base/errors.ts';
import { defaultUnit } from '../../../deployment/defaults/graph-defaults.ts';
import { unitsOf } from '../../../deployment/graph-units.ts';
import { parseDeployment } from '../../../deployment/parse.ts';
import { useOneOf } from '../../../base/nearest.ts';
import {
  PROTOCOLS,
  TRANSPORTS,
  type PredictorSpec,
  type SeldonDeployment,
} from '../../../deployment/seldon-deployment.ts';
import { compileGraph } from '../../../graph/compile.ts';
import { isCalled, type Graph } from '../../../graph/graph.ts';
import type { NodeEndpoint } from '../../../graph/model-client.ts';
import type { Protocol, Transport } from '../../../protocol/payload.ts';

/** The graph of a predictor, as tests run it: every node is where they say. */
export interface TestedGraph {
  readonly protocol: Protocol;
  readonly transport: Transport;
  readonly routingInjection: boolean;
  /** Every node, depth first. */
  readonly names: readonly string[];
  /** Nodes that predictions or feedback can call. */
  readonly called: ReadonlySet<string>;
  compile(endpoints: ReadonlyMap<string, NodeEndpoint>): Graph;
}

export interface DeploymentChoice {
  /** What the text is called in errors. */
  readonly source: string;
  readonly deploymentName?: string | undefined;
  readonly predictor?: string | undefined;
}

/**
 * Takes the graph to test out of a SeldonDeployment's text.
 *
 * @throws MillraceError when there is no such graph, or it cannot run
 */
export function readTestedGraph(text: string, choice: DeploymentChoice): TestedGraph {
  const { deployment } = parseDeployment(text, { source: choice.source, name: choice.deploymentName });
  const chosen = choosePredictor(deployment, choice);
  const predictor = { ...chosen, graph: defaultUnit(chosen.graph) };
  const written = known(deployment.spec.protocol || 'seldon', PROTOCOLS, 'protocol', choice.source);
  const protocol = written === 'kfserving' ? 'v2' : written;
  const transport = known(deployment.spec.transport || 'rest', TRANSPORTS, 'transport', choice.source);
  const names = [...unitsOf(predictor.graph)].map(({ unit }) => unit.name);
  const compile = (overrideEndpoints: ReadonlyMap<string, NodeEndpoint>) =>
    compileGraph(predictor, { protocol, transport, overrideEndpoints });
  const { nodes } = compile(new Map(names.map((name) => [name, { host: '127.0.0.1', port: 1 }])));
  const called = nodes.filter((node) => isCalled(node) || node.takesFeedback).map((node) => node.name);
  const injection = chosen.svcOrchSpec?.env?.findLast(({ name }) => name === 'SELDON_ENABLE_ROUTING_INJECTION');
  return {
    protocol,
    transport,
    routingInjection: Boolean(injection?.value),
    names,
    called: new Set(called),
    compile,
  };
}

function choosePredictor({ spec }: SeldonDeployment, { source, predictor: name }: DeploymentChoice): PredictorSpec {
  const names = spec.predictors.map((one) => one.name);
  const found = name === undefined ? spec.predictors[0] : spec.predictors.find((one) => one.name === name);
  if (found === undefined || (name === undefined && names.length > 1)) {
    const many = name === undefined && names.length > 1;
    throw new MillraceError(
      many ? `${source} has ${names.length} predictors` : `${source} has no predictor${name ? ` '${name}'` : ''}`,
      {
        code: many ? 'PREDICTOR_AMBIGUOUS' : 'PREDICTOR_NOT_FOUND',
        remedy: names.length === 0 ? 'add one to spec.predictors' : `write predictor: and one of ${names.join(', ')}`,
      },
    );
  }
  return found;
}

function known<W extends string>(word: string, words: readonly W[], field: string, source: string): W {
  const found = words.find((one) => one === word);
  if (found !== undefined) return found;
  const message = `spec.${field} of ${source} is '${word}'`;
  throw new MillraceError(message, { code: 'DEPLOYMENT_WORD', remedy: useOneOf(word, words) });
}
