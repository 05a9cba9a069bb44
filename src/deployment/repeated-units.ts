import { isDeepStrictEqual } from 'node:util';
import { unitsOf, type PlacedUnit } from './graph-units.ts';
import type { PredictiveUnit } from './seldon-deployment.ts';

/** A unit whose name an earlier one has. */
export interface RepeatedUnit {
  readonly first: PlacedUnit;
  readonly again: PlacedUnit;
  /** Why the two cannot be told apart, or be one: undefined where they are calls of one model server. */
  readonly clash: string | undefined;
}

/**
 * Units of a graph that share a name. A name is one container, one endpoint and one entry of `meta.routing`: two units may be calls
 * of one model server at two places, as for Seldon, but they cannot be two servers, and a name cannot stand for two choices.
 */
export function* repeatedUnits(graph: PredictiveUnit): Generator<RepeatedUnit> {
  const earlier = new Map<string, PlacedUnit[]>();
  for (const again of unitsOf(graph)) {
    const { name } = again.unit;
    const [first, ...others] = earlier.get(name) ?? [];
    if (first === undefined) {
      earlier.set(name, [again]);
      continue;
    }
    const clashing = [first, ...others].find((one) => clashOf(one.unit, again.unit) !== undefined) ?? first;
    earlier.get(name)?.push(again);
    yield { first: clashing, again, clash: clashOf(clashing.unit, again.unit) };
  }
}

function clashOf(first: PredictiveUnit, again: PredictiveUnit): string | undefined {
  if (chooses(first) || chooses(again)) {
    return 'one of them chooses among its children, and routes and feedback are told by name';
  }
  const differing = SERVER_FIELDS.find(({ of }) => {
    const [left, right] = [of(first), of(again)];
    return left && right && !isDeepStrictEqual(left, right);
  });
  return differing && `their ${differing.field} differs, and a name is one model server`;
}

function chooses({ type, methods, implementation, children }: PredictiveUnit): boolean {
  if (children === undefined || children.length === 0) return false;
  return type === 'ROUTER' || implementation === 'RANDOM_ABTEST' || (methods?.includes('ROUTE') ?? false);
}

/** What makes a model server; left out in one of two units, it is that of the other. */
const SERVER_FIELDS: readonly { readonly field: string; readonly of: (unit: PredictiveUnit) => unknown }[] = [
  {
    field: 'implementation',
    of: ({ implementation }) => implementation !== 'UNKNOWN_IMPLEMENTATION' && implementation,
  },
  { field: 'modelUri', of: ({ modelUri }) => modelUri },
  { field: 'parameters', of: ({ parameters }) => parameters?.length && parameters },
  { field: 'endpoint.service_host', of: ({ endpoint }) => endpoint?.service_host },
  { field: 'endpoint.service_port', of: ({ endpoint }) => endpoint?.service_port },
  { field: 'endpoint.httpPort', of: ({ endpoint }) => endpoint?.httpPort },
  { field: 'endpoint.grpcPort', of: ({ endpoint }) => endpoint?.grpcPort },
];
