import type { Path } from './path.ts';
import type { Container } from './pod-spec.ts';
import { BUILT_IN_IMPLEMENTATIONS, type PredictiveUnit, type PredictorSpec } from './seldon-deployment.ts';

/**
 * Deepest graph that is run, in units one below the other. Documents are read and walked by recursion: this leaves a third of
 * Node's usual stack free where the YAML reader, the hungriest, has used the rest.
 */
export const MAX_GRAPH_DEPTH = 300;

export interface PlacedUnit {
  readonly unit: PredictiveUnit;
  /** From the predictor's `graph` down: `children`, index, `children`, index ... */
  readonly at: Path;
  /** The way Seldon's messages write it: only the indices. */
  readonly indices: readonly number[];
}

/** Every unit of a graph, depth first, parents before children. */
export function* unitsOf(graph: PredictiveUnit): Generator<PlacedUnit> {
  const waiting: PlacedUnit[] = [{ unit: graph, at: [], indices: [] }];
  for (let placed = waiting.pop(); placed !== undefined; placed = waiting.pop()) {
    yield placed;
    const { unit, at, indices } = placed;
    const children = unit.children ?? [];
    const below = children.map((child, index) => ({
      unit: child,
      at: [...at, 'children', index],
      indices: [...indices, index],
    }));
    waiting.push(...below.reverse());
  }
}

/** Any implementation that is not built in names a model server, and the operator makes its container. */
export function isPrepackaged(unit: PredictiveUnit): boolean {
  const implementation = unit.implementation ?? '';
  return implementation !== '' && !BUILT_IN_IMPLEMENTATIONS.some((known) => known === implementation);
}

/** The container that runs a unit, found by name in all component specs. */
export function containerOf(predictor: PredictorSpec, name: string): Container | undefined {
  for (const component of predictor.componentSpecs ?? []) {
    const found = component.spec?.containers.find((container) => container.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
