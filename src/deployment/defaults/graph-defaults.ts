import { isPrepackaged } from '../graph-units.ts';
import type { Endpoint, PredictiveUnit } from '../seldon-deployment.ts';

/** Type and implementation of every unit: a unit that says nothing about itself is a model, and so is a prepackaged server. */
export function defaultUnit(unit: PredictiveUnit): PredictiveUnit {
  const saysNothing = unit.type === undefined && unit.methods === undefined && unit.implementation === undefined;
  return {
    ...unit,
    ...(saysNothing || isPrepackaged(unit) ? { type: 'MODEL' } : {}),
    implementation: unit.implementation ?? 'UNKNOWN_IMPLEMENTATION',
    ...(unit.children === undefined ? {} : { children: unit.children.map(defaultUnit) }),
  };
}

/** The graph with the endpoints found for its units, by unit name; other units keep theirs. */
export function withEndpoints(unit: PredictiveUnit, endpoints: ReadonlyMap<string, Endpoint>): PredictiveUnit {
  const found = endpoints.get(unit.name);
  return {
    ...unit,
    ...(found === undefined ? {} : { endpoint: { ...unit.endpoint, ...found } }),
    ...(unit.children === undefined ? {} : { children: unit.children.map((child) => withEndpoints(child, endpoints)) }),
  };
}
