import { hostname } from 'node:os';
import { MillraceError, problemsError, type Problem } from '../base/errors.ts';
import { engineAnnotations } from './environment/engine-annotations.ts';
import { expandReferences } from './environment/references.ts';
import { readSecretFile } from './environment/secret-files.ts';
import { formatPath, type Path } from './path.ts';
import type { EnvVar, KeySelector } from './pod-spec.ts';
import type { PredictorSpec, SeldonDeployment } from './seldon-deployment.ts';

export interface EnvironmentOptions {
  /** Directory with DIR/<name>/<key> for each key of a Secret or ConfigMap. */
  readonly secretsDirectory?: string | undefined;
  /** Values that win over the document's; a variable with one needs no secret. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** What `fieldRef: metadata.name` gives; the host's name when absent. */
  readonly podName?: string | undefined;
}

/**
 * The environment of a predictor's orchestrator, as a pod of it would see it: `svcOrchSpec.env` in order with references and
 * sources resolved, then variables from annotations, then overrides. No value is ever part of an error.
 *
 * @throws MillraceError ENVIRONMENT_UNRESOLVED that names each variable, its secret and key, and the file looked for
 */
export function resolveEnvironment(
  deployment: SeldonDeployment,
  predictor: PredictorSpec,
  options: EnvironmentOptions = {},
): Readonly<Record<string, string>> {
  const overrides = new Map(Object.entries(options.overrides ?? {}));
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  const base: Path = [
    'spec',
    'predictors',
    deployment.spec.predictors.findIndex(({ name }) => name === predictor.name),
    'svcOrchSpec',
    'env',
  ];
  for (const [index, variable] of (predictor.svcOrchSpec?.env ?? []).entries()) {
    const { name } = variable;
    const source = overrides.has(name)
      ? { value: overrides.get(name) }
      : valueOf(variable, deployment, values, options);
    if ('message' in source) problems.push({ path: formatPath([...base, index]), ...source });
    else if (source.value !== undefined) values.set(name, source.value);
  }
  if (problems.length > 0) {
    const title = `the environment of predictor '${predictor.name}' is not complete`;
    throw problemsError(title, 'ENVIRONMENT_UNRESOLVED', problems);
  }
  for (const { name, value } of engineAnnotations(deployment)) if (!values.has(name)) values.set(name, value);
  for (const [name, value] of overrides) values.set(name, value);
  return Object.fromEntries(values);
}

/**
 * Reads one NAME=VALUE, as `--env` gives it; the value may hold further `=`.
 *
 * @throws MillraceError ENVIRONMENT_OVERRIDE (exit code 2); the text is not shown, for it may hold a secret
 */
export function parseOverride(text: string): { readonly name: string; readonly value: string } {
  const match = /^([A-Za-z_.-][A-Za-z0-9_.-]*)=(.*)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    const remedy = 'write NAME=VALUE, such as KAFKA_BROKER=localhost:9092';
    throw new MillraceError('an override of the environment is not NAME=VALUE', {
      code: 'ENVIRONMENT_OVERRIDE',
      remedy,
      exitCode: 2,
    });
  }
  return { name: match[1], value: match[2] };
}

type Resolved = { readonly value: string | undefined } | { readonly message: string; readonly remedy: string };

function valueOf(
  { name, value, valueFrom }: EnvVar,
  deployment: SeldonDeployment,
  defined: ReadonlyMap<string, string>,
  options: EnvironmentOptions,
): Resolved {
  if (valueFrom === undefined || value) return { value: expandReferences(value ?? '', defined) };
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (secretKeyRef !== undefined) return fromFile(name, 'secret', secretKeyRef, options);
  if (configMapKeyRef !== undefined) return fromFile(name, 'config map', configMapKeyRef, options);
  const remedy = `give its value with --env ${name}=VALUE`;
  if (fieldRef === undefined) return { message: `${name}: its valueFrom has no value outside Kubernetes`, remedy };
  const field = fieldValue(fieldRef.fieldPath, deployment, options);
  if (field !== undefined) return { value: field };
  return { message: `${name}: field '${fieldRef.fieldPath}' has no value outside Kubernetes`, remedy };
}

function fromFile(variable: string, what: string, selector: KeySelector, options: EnvironmentOptions): Resolved {
  const object = selector.name ?? '';
  const found = readSecretFile(options.secretsDirectory, object, selector.key);
  if ('value' in found) return found;
  if (selector.optional && found.isAbsent) return { value: undefined };
  const message = `${variable} comes from ${what} '${object}', key '${selector.key}': ${found.message}`;
  return { message, remedy: `${found.remedy}, or use --env ${variable}=VALUE` };
}

function fieldValue(path: string, { metadata }: SeldonDeployment, options: EnvironmentOptions): string | undefined {
  if (path === 'metadata.name') return options.podName ?? hostname();
  if (path === 'metadata.namespace') return metadata.namespace || 'default';
  if (path === 'spec.nodeName') return hostname();
  return undefined;
}
