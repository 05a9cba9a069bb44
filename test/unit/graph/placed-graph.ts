import type { Endpoint, PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';

/** The graph with an endpoint for every unit that is to have one: those of a case are empty. Children come before their parents. */
export async function placedGraph(
  unit: PredictiveUnit,
  endpointOf: (unit: PredictiveUnit) => Promise<Endpoint>,
): Promise<PredictiveUnit> {
  const children = await Promise.all((unit.children ?? []).map((child) => placedGraph(child, endpointOf)));
  return unit.endpoint === undefined ? { ...unit, children } : { ...unit, children, endpoint: await endpointOf(unit) };
}
