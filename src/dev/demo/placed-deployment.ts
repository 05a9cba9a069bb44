import { parseDeployment } from '../../deployment/parse.ts';
import type { PredictiveUnit } from '../../deployment/seldon-deployment.ts';
import type { PlacedNode } from './demo-plan.ts';

/**
 * A SeldonDeployment with the ports of its nodes in it, as Seldon's operator writes them: one for each transport, so that requests by
 * HTTP and by gRPC both find their way.
 *
 * @param name of the SeldonDeployment, where the text holds several
 * @returns JSON
 * @throws MillraceError when the text holds none
 */
export function placedDeployment(text: string, source: string, name: string, nodes: readonly PlacedNode[]): string {
  const { deployment } = parseDeployment(text, { source, name });
  const places = new Map(nodes.map((node) => [node.name, node]));
  const place = (unit: PredictiveUnit): PredictiveUnit => {
    const { endpoint, children } = unit;
    const { port, grpcPort } = places.get(unit.name) ?? {};
    const placed = port && { ...endpoint, service_host: '127.0.0.1', service_port: port, httpPort: port, grpcPort };
    return { ...unit, ...(placed && { endpoint: placed }), ...(children && { children: children.map(place) }) };
  };
  const predictors = deployment.spec.predictors.map((one) => ({ ...one, graph: place(one.graph) }));
  return JSON.stringify({ ...deployment, spec: { ...deployment.spec, predictors } });
}
