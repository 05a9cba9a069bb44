import { parseOption, type OptionSpec, type OptionSpecs } from '../../base/options.ts';
import type { Path } from '../path.ts';
import { KAFKA_REQUIRED, type PredictorSpec } from '../seldon-deployment.ts';
import { kafkaBroker, kafkaTopics, literal, type PlacedVariable } from './kafka-values.ts';
import { nearest } from '../../base/nearest.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';

/**
 * What Seldon does not look at in a Kafka predictor's variables: each needed one there once and with a value, values that
 * can be read, names that exist.
 *
 * @param options the options of the floors above, for names and forms; without them only what this floor knows is checked
 */
export function* kafkaSettings(
  predictor: PredictorSpec,
  index: number,
  options: readonly OptionSpecs[],
): Generator<DeploymentProblem> {
  const list: Path = ['spec', 'predictors', index, 'svcOrchSpec', 'env'];
  const variables = new Map<string, PlacedVariable>();
  for (const [place, variable] of (predictor.svcOrchSpec?.env ?? []).entries()) {
    const at = [...list, place];
    if (variables.has(variable.name)) yield givenTwice(variable.name, at);
    variables.set(variable.name, { variable, at });
    if (variable.value && variable.valueFrom !== undefined) {
      const message = `${variable.name} has both value and valueFrom`;
      yield error({ rule: 'variable', at, value: variable.name, message, remedy: 'keep one: Kubernetes refuses both' });
    }
  }
  yield* needed(variables, list, (predictor.svcOrchSpec?.env ?? []).filter(({ name }) => isNeeded(name)).length);
  yield* readable(variables, options);
  yield* kafkaBroker(variables.get('KAFKA_BROKER'));
  yield* kafkaTopics(variables);
}

function givenTwice(name: string, at: Path): DeploymentProblem {
  const finding = {
    rule: 'variable-twice',
    at,
    value: name,
    message: `${name} is given a second time`,
    remedy: 'keep one',
  };
  return isNeeded(name) ? error(finding) : warning(finding);
}

const isNeeded = (name: string): boolean => KAFKA_REQUIRED.some((required) => required === name);

function* needed(
  variables: ReadonlyMap<string, PlacedVariable>,
  list: Path,
  entries: number,
): Generator<DeploymentProblem> {
  for (const name of KAFKA_REQUIRED) {
    const found = variables.get(name);
    if (found === undefined) {
      // With fewer than three entries of these names Seldon's own rule has spoken already.
      const remedy = `add '- name: ${name}' with its value`;
      if (entries >= KAFKA_REQUIRED.length)
        yield error({ rule: 'kafka-variable-missing', at: list, value: name, message: `${name} is missing`, remedy });
    } else if (!found.variable.value && found.variable.valueFrom === undefined) {
      const message = `${name} has no value`;
      yield error({
        rule: 'kafka-variable-missing',
        at: found.at,
        value: name,
        message,
        remedy: 'give it a value or a valueFrom',
      });
    }
  }
}

function* readable(
  variables: ReadonlyMap<string, PlacedVariable>,
  options: readonly OptionSpecs[],
): Generator<DeploymentProblem> {
  const known = new Map<string, OptionSpec<unknown>>();
  for (const spec of options.flatMap((specs) => Object.values(specs)))
    if (spec.env !== undefined) known.set(spec.env, spec);
  for (const [name, placed] of variables) {
    const spec = known.get(name);
    if (spec === undefined) {
      if (known.size === 0 || !name.startsWith('KAFKA_')) continue;
      const meant = nearest(name, known.keys());
      const remedy = meant === undefined ? 'remove it if nothing else reads it' : `did you mean ${meant}?`;
      yield warning({
        rule: 'kafka-variable-unknown',
        at: placed.at,
        value: name,
        message: `nothing reads ${name}`,
        remedy,
      });
      continue;
    }
    const value = literal(placed);
    const parsed = value === undefined ? undefined : parseOption(spec, value, 'variable');
    if (parsed === undefined || value === undefined) continue;
    const at = [...placed.at, 'value'];
    if ('expected' in parsed) {
      const shown = spec.secret ? 'its value' : `'${value}'`;
      const remedy = `set it to ${parsed.expected}${spec.unit ? ` (${spec.unit})` : ''}`;
      yield error({
        rule: 'kafka-variable',
        at,
        value: name,
        message: `${name}: ${shown} is not ${parsed.expected}`,
        remedy,
      });
    } else if (name === 'KAFKA_FULL_GRAPH' && parsed.value === true) {
      const message = 'KAFKA_FULL_GRAPH: Kafka between the units of a graph is not supported';
      yield error({
        rule: 'kafka-full-graph',
        at,
        value: name,
        message,
        remedy: 'remove it: units are called over REST or gRPC',
      });
    }
  }
}
