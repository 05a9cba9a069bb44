import { unitsOf } from '../../graph-units.ts';
import { KAFKA_REQUIRED, type PredictorSpec, type SeldonDeployment } from '../../seldon-deployment.ts';
import { error, type DeploymentProblem } from '../problem.ts';

/** Annotation of a predictor that runs without the orchestrator. */
export const NO_ENGINE = 'seldon.io/no-engine';
const SERVICE_NAME = 'seldon.io/svc-name';

/** Seldon's rule 4, which counts: three entries of these names, whichever. Who is missing is said by name. */
export function* kafkaVariables({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  if (spec.serverType !== 'kafka') return;
  for (const [index, predictor] of spec.predictors.entries()) {
    const given = (predictor.svcOrchSpec?.env ?? []).map(({ name }) => name);
    if (given.filter((name) => KAFKA_REQUIRED.some((required) => required === name)).length >= 3) continue;
    const missing = KAFKA_REQUIRED.filter((required) => !given.includes(required));
    yield error({
      rule: 'kafka-variables',
      seldonRule: 4,
      path: `spec.predictors[${index}]`,
      at: ['spec', 'predictors', index, 'svcOrchSpec', 'env'],
      value: predictor.name,
      message: `predictor '${predictor.name}' has no ${missing.join(', no ')} in svcOrchSpec.env; serverType kafka needs ${KAFKA_REQUIRED.join(', ')}`,
      remedy: `add '- name: ${missing[0] ?? KAFKA_REQUIRED[0]}' with its value to svcOrchSpec.env`,
    });
  }
}

/** Seldon's rules 5 to 7: a shadow has a predictor beside it, service names differ, and there is a predictor at all. */
export function* predictorSet({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  const [first, ...others] = spec.predictors;
  if (first?.shadow && others.length === 0) {
    yield error({
      rule: 'shadow-alone',
      seldonRule: 5,
      path: 'spec.predictors[0]',
      at: ['spec', 'predictors', 0, 'shadow'],
      value: first.name,
      message: `the only predictor, '${first.name}', is a shadow`,
      remedy: 'remove shadow, or add the predictor whose requests it mirrors',
    });
  }
  const services = new Set<string>();
  for (const [index, predictor] of spec.predictors.entries()) {
    const service = predictor.annotations?.[SERVICE_NAME];
    if (service !== undefined && services.has(service)) {
      yield error({
        rule: 'service-name-twice',
        seldonRule: 6,
        path: `spec.predictors[${index}]`,
        at: ['spec', 'predictors', index, 'annotations', SERVICE_NAME],
        value: predictor.name,
        message: `annotation ${SERVICE_NAME} gives the service name '${service}' a second time`,
        remedy: 'give each predictor a service name of its own',
      });
    }
    if (service !== undefined) services.add(service);
  }
  if (first === undefined) {
    yield error({
      rule: 'no-predictors',
      seldonRule: 7,
      path: 'spec',
      at: ['spec', 'predictors'],
      value: spec.transport ?? '',
      message: 'there are no predictors',
      remedy: 'add one with a name and a graph to spec.predictors',
    });
  }
}

/** Seldon's rules 8 and 9, for one predictor: no engine only with a single unit, and every name once. */
export function* predictorItself(
  predictor: PredictorSpec,
  index: number,
  earlier: ReadonlySet<string>,
): Generator<DeploymentProblem> {
  const shared = { path: `spec.predictors[${index}]`, value: predictor.name };
  if (predictor.annotations?.[NO_ENGINE] !== undefined && [...unitsOf(predictor.graph)].length > 1) {
    yield error({
      ...shared,
      rule: 'no-engine-graph',
      seldonRule: 8,
      at: ['spec', 'predictors', index, 'annotations', NO_ENGINE],
      message: `annotation ${NO_ENGINE} is set, and the graph has more than one unit`,
      remedy: `remove the annotation: a graph needs the orchestrator`,
    });
  }
  if (earlier.has(predictor.name)) {
    yield error({
      ...shared,
      rule: 'predictor-name-twice',
      seldonRule: 9,
      at: ['spec', 'predictors', index, 'name'],
      message: `a second predictor is named '${predictor.name}'`,
      remedy: 'rename one: the name is part of its consumer group and of its services',
    });
  }
}
