import { MillraceError, type Problem } from '../../../base/errors.ts';
import { unitsOf } from '../../../deployment/graph-units.ts';
import type { PredictiveUnit, PredictorSpec } from '../../../deployment/seldon-deployment.ts';
import { compileGraph } from '../../../graph/compile.ts';
import { isCalled } from '../../../graph/graph.ts';
import type { NodeEndpoint } from '../../../graph/model-client.ts';
import type { Protocol, Transport } from '../../../protocol/payload.ts';

/**
 * Reads NODE=HOST:PORT, as `--endpoint` gives it; an IPv6 address stands in brackets.
 *
 * @throws MillraceError ENDPOINT_INVALID (exit code 2)
 */
export function parseEndpoint(text: string): { readonly node: string; readonly endpoint: NodeEndpoint } {
  const match = /^([^=]+)=(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]+):(\d{1,5})$/.exec(text);
  const [, node = '', host = '', port = ''] = match ?? [];
  if (match === null || Number(port) < 1 || Number(port) > 65_535) {
    throw new MillraceError(`'${text}' is not NODE=HOST:PORT`, {
      code: 'ENDPOINT_INVALID',
      remedy: 'write the name of a node and where it is, such as classifier=localhost:9000 (port 1 to 65535)',
      exitCode: 2,
    });
  }
  return { node, endpoint: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) } };
}

/**
 * The unit with what an operator would fill in where it says only a port: the model is on this machine. In a pod that is so, and
 * for `millrace run` it is the nearest thing to it.
 */
export function withLocalHosts(unit: PredictiveUnit): PredictiveUnit {
  const { endpoint, children } = unit;
  const hasPort = Boolean(endpoint?.service_port || endpoint?.httpPort || endpoint?.grpcPort);
  return {
    ...unit,
    ...(endpoint && hasPort && { endpoint: { ...endpoint, service_host: endpoint.service_host || 'localhost' } }),
    ...(children && { children: children.map(withLocalHosts) }),
  };
}

/** Nodes that get calls and of which nobody says where they are, and `--endpoint`s of nodes that there are not. */
export function endpointProblems(
  predictor: PredictorSpec,
  options: { readonly protocol: Protocol; readonly transport: Transport },
  given: ReadonlyMap<string, NodeEndpoint>,
): Problem[] {
  // With an endpoint for every node the graph compiles if nothing else is wrong, and says which nodes are called.
  const anywhere = new Map(
    [...unitsOf(predictor.graph)].map(({ unit }) => [unit.name, { host: 'localhost', port: 1 }]),
  );
  const { nodes } = compileGraph(predictor, { ...options, overrideEndpoints: anywhere });
  const problems: Problem[] = [];
  for (const name of given.keys()) {
    if (nodes.some((node) => node.name === name)) continue;
    const names = nodes.map((node) => node.name).join(', ');
    problems.push({ path: '--endpoint', message: `the graph has no node '${name}'`, remedy: `its nodes are ${names}` });
  }
  for (const node of nodes) {
    if (!isCalled(node) || given.has(node.name) || hasEndpoint(predictor.graph, node.name, options.transport)) continue;
    problems.push({
      path: `${node.path}.endpoint`,
      message: `nothing says where node '${node.name}' is`,
      remedy: `start its model server and give --endpoint ${node.name}=HOST:PORT, or write an endpoint in the document`,
    });
  }
  return problems;
}

function hasEndpoint(graph: PredictiveUnit, name: string, transport: Transport): boolean {
  return [...unitsOf(graph)].some(({ unit: { name: own, endpoint } }) => {
    const port = (transport === 'grpc' ? endpoint?.grpcPort : endpoint?.httpPort) || endpoint?.service_port;
    return own === name && Boolean(endpoint?.service_host && port);
  });
}
