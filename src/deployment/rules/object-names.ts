import { containerOf, isPrepackaged, unitsOf } from '../graph-units.ts';
import { formatPath, type Path } from '../path.ts';
import { repeatedUnits } from '../repeated-units.ts';
import type { PredictorSpec, SeldonDeployment } from '../seldon-deployment.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LABEL_LENGTH = 63;
const LABEL_RULE = 'lower-case letters, digits and -, beginning and ending with a letter or digit';

/** Names that Kubernetes would refuse only later, when services and pods are made from them. */
export function* objectNames({ metadata, spec }: SeldonDeployment): Generator<DeploymentProblem> {
  // Services are named after it, and a service's name begins with a letter and has no dots.
  if (!/^[a-z]/.test(metadata.name) || !DNS_LABEL.test(metadata.name) || metadata.name.length > 253) {
    yield badName(['metadata', 'name'], metadata.name, `${LABEL_RULE}; it must begin with a letter`);
  }
  if (metadata.namespace && !isLabel(metadata.namespace)) {
    yield badName(['metadata', 'namespace'], metadata.namespace, LABEL_RULE);
  }
  for (const [index, predictor] of spec.predictors.entries()) {
    const at = ['spec', 'predictors', index];
    if (!isLabel(predictor.name)) yield badName([...at, 'name'], predictor.name, LABEL_RULE);
    yield* unitNames(predictor, at);
    yield* containerNames(predictor, at);
  }
}

function* unitNames(predictor: PredictorSpec, at: Path): Generator<DeploymentProblem> {
  for (const { first, again, clash } of repeatedUnits(predictor.graph)) {
    const { name } = again.unit;
    const place = { rule: 'unit-name-twice', at: [...at, 'graph', ...again.at, 'name'], value: name };
    const two = `two units are named '${name}', here and at ${formatPath([...at, 'graph', ...first.at])}`;
    if (clash === undefined) {
      const message = `${two}: they are taken for calls of one model server`;
      const remedy = 'if they are not, rename one: metrics and error records tell units apart by name';
      yield warning({ ...place, message, remedy });
    } else yield error({ ...place, message: `${two}: ${clash}`, remedy: 'rename one of them' });
  }
  for (const { unit, at: place } of unitsOf(predictor.graph)) {
    const here = [...at, 'graph', ...place, 'name'];
    if (isLabel(unit.name)) continue;
    const makesPod = isPrepackaged(unit) || containerOf(predictor, unit.name) !== undefined;
    if (makesPod || unit.name === '') yield badName(here, unit.name, LABEL_RULE);
    else {
      const message = `unit name '${unit.name}' could not be the name of a container`;
      yield warning({ rule: 'name', at: here, value: unit.name, message, remedy: `use ${LABEL_RULE}` });
    }
  }
}

function* containerNames(predictor: PredictorSpec, at: Path): Generator<DeploymentProblem> {
  for (const [component, { spec }] of (predictor.componentSpecs ?? []).entries()) {
    const seen = new Set<string>();
    for (const [index, { name }] of (spec?.containers ?? []).entries()) {
      const here = [...at, 'componentSpecs', component, 'spec', 'containers', index, 'name'];
      const isUnit = [...unitsOf(predictor.graph)].some(({ unit }) => unit.name === name);
      if (!isLabel(name) && !isUnit) yield badName(here, name, LABEL_RULE);
      if (seen.has(name)) {
        const message = `the pod has a second container named '${name}'`;
        yield error({ rule: 'container-name-twice', at: here, value: name, message, remedy: 'rename one of them' });
      }
      seen.add(name);
    }
  }
}

const isLabel = (name: string): boolean => DNS_LABEL.test(name) && name.length <= LABEL_LENGTH;

function badName(at: Path, value: string, allowed: string): DeploymentProblem {
  const limit = value.length > LABEL_LENGTH ? ` (it has ${value.length} characters)` : '';
  const message = value === '' ? 'is empty' : `'${value}' is no name that Kubernetes allows here${limit}`;
  return error({ rule: 'name', at, value, message, remedy: `use up to ${LABEL_LENGTH} ${allowed}` });
}
