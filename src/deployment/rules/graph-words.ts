import { isPrepackaged, MAX_GRAPH_DEPTH, unitsOf } from '../graph-units.ts';
import { loggerUrlProblem, shownUrl } from '../logger-url.ts';
import type { Path } from '../path.ts';
import { findPredictorServer, type PredictorServers } from '../predictor-servers.ts';
import {
  BUILT_IN_IMPLEMENTATIONS,
  ENDPOINT_TYPES,
  LOGGER_MODES,
  PARAMETER_TYPES,
  UNIT_METHODS,
  UNIT_TYPES,
  type PredictiveUnit,
  type PredictorSpec,
} from '../seldon-deployment.ts';
import { nearest, useOneOf } from '../../base/nearest.ts';
import { error, warning, type DeploymentProblem, type Finding } from './problem.ts';

const WITHOUT_BEHAVIOUR = ['SIMPLE_MODEL', 'SIMPLE_ROUTER', 'AVERAGE_COMBINER'];
/** Seldon's CRD describes so many levels of children; the API server drops what is deeper, without a word. */
const MAX_CHILD_LEVELS = 10;

/** Words and forms of a graph that Seldon passes over in silence: the unit is then not called, or not as it was meant. */
export function* graphWords(
  predictor: PredictorSpec,
  index: number,
  servers: PredictorServers | undefined,
): Generator<DeploymentProblem> {
  for (const { unit, at, indices } of unitsOf(predictor.graph)) {
    const here: Path = ['spec', 'predictors', index, 'graph', ...at];
    yield* spelling(unit, here);
    yield* loggerUrl(unit, [...here, 'logger', 'url']);
    yield* implementation(unit, [...here, 'implementation'], servers);
    yield* children(unit, here);
    if (indices.length === MAX_CHILD_LEVELS + 1) {
      const message = `unit '${unit.name}' is more than ${MAX_CHILD_LEVELS} levels of children below the root`;
      const remedy = 'make the graph flatter: Kubernetes drops what is deeper';
      yield warning({ rule: 'graph-depth', at: here, value: unit.name, message, remedy });
    } else if (indices.length === MAX_GRAPH_DEPTH) {
      const at = ['spec', 'predictors', index, 'graph'];
      const message = `the graph is more than ${MAX_GRAPH_DEPTH} units deep: unit '${unit.name}' stands on level ${MAX_GRAPH_DEPTH + 1}`;
      yield error({ rule: 'graph-depth', at, value: unit.name, message, remedy: 'make the graph flatter' });
    }
  }
}

function* spelling(unit: PredictiveUnit, here: Path): Generator<DeploymentProblem> {
  yield* word('unit-type', error, unit.type, UNIT_TYPES, [...here, 'type'], 'type');
  for (const [index, method] of (unit.methods ?? []).entries()) {
    yield* word('unit-method', error, method, UNIT_METHODS, [...here, 'methods', index], 'method');
  }
  yield* word('endpoint-type', warning, unit.endpoint?.type, ENDPOINT_TYPES, [...here, 'endpoint', 'type'], 'type');
  yield* word('logger-mode', error, unit.logger?.mode, LOGGER_MODES, [...here, 'logger', 'mode'], 'mode');
  for (const [index, { type }] of (unit.parameters ?? []).entries()) {
    yield* word('parameter-type', warning, type, PARAMETER_TYPES, [...here, 'parameters', index, 'type'], 'type');
  }
}

function* word(
  rule: string,
  severity: (finding: Finding) => DeploymentProblem,
  value: string | undefined,
  known: readonly string[],
  at: Path,
  what: string,
): Generator<DeploymentProblem> {
  if (value === undefined || value === '' || known.includes(value)) return;
  yield severity({ rule, at, value, message: `${what} '${value}' does not exist`, remedy: useOneOf(value, known) });
}

function* loggerUrl(unit: PredictiveUnit, at: Path): Generator<DeploymentProblem> {
  const value = unit.logger?.url ?? '';
  const problem = value === '' ? undefined : loggerUrlProblem(value);
  if (problem !== undefined) yield error({ rule: 'logger-url', at, value: shownUrl(value), ...problem });
}

function* implementation(
  unit: PredictiveUnit,
  at: Path,
  servers: PredictorServers | undefined,
): Generator<DeploymentProblem> {
  const value = unit.implementation ?? '';
  const saysNothing = !unit.type && (unit.methods ?? []).length === 0;
  if (WITHOUT_BEHAVIOUR.includes(value)) {
    const message = `implementation ${value} has no behaviour of its own`;
    yield warning({
      rule: 'implementation',
      at,
      value,
      message,
      remedy: 'only type and methods count for it: set those',
    });
  } else if (value === 'UNKNOWN_IMPLEMENTATION' && saysNothing) {
    const message = `unit '${unit.name}' has neither type nor methods, so it would never be called`;
    yield warning({ rule: 'unit-does-nothing', at, value, message, remedy: 'set its type, such as MODEL' });
  } else if (isPrepackaged(unit) && (servers === undefined || findPredictorServer(servers, value) === undefined)) {
    const meant = nearest(value, [...BUILT_IN_IMPLEMENTATIONS, ...Object.keys(servers ?? {})]);
    if (meant === undefined) return;
    const message = `implementation '${value}' is taken for the name of a model server`;
    yield warning({ rule: 'implementation', at, value, message, remedy: `did you mean ${meant}?` });
  }
}

function* children(unit: PredictiveUnit, here: Path): Generator<DeploymentProblem> {
  const count = unit.children?.length ?? 0;
  const isTest = unit.implementation === 'RANDOM_ABTEST';
  const value = unit.name;
  if (isTest && count !== 2) {
    const message = `RANDOM_ABTEST '${unit.name}' has ${count} children; it chooses between two`;
    yield (count < 2 ? error : warning)({ rule: 'children', at: here, value, message, remedy: 'give it two children' });
  } else if (count === 0 && (unit.type === 'ROUTER' || unit.type === 'COMBINER')) {
    const message = `${unit.type} '${unit.name}' has no children, so it would never be called`;
    yield error({ rule: 'children', at: here, value, message, remedy: 'add children, or give it type MODEL' });
  } else if (count === 0 && unit.methods?.some((method) => method === 'ROUTE' || method === 'AGGREGATE')) {
    const message = `unit '${unit.name}' has method ROUTE or AGGREGATE and no children, so that method would never be called`;
    yield warning({ rule: 'children', at: here, value, message, remedy: 'add children, or remove the method' });
  }
}
