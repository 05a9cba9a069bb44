import { errorText, MillraceError, type Problem } from '../../../base/errors.ts';
import { applyDefaults } from '../../../deployment/defaults.ts';
import { predictorFromJson, readDeployments } from '../../../deployment/parse.ts';
import type { PredictiveUnit, PredictorSpec } from '../../../deployment/seldon-deployment.ts';

export interface PredictorSource {
  /** Path of a SeldonDeployment document; empty for the environment. */
  readonly file: string;
  /** ENGINE_PREDICTOR; undefined when it is not set. */
  readonly encoded: string | undefined;
  readonly predictorName: string;
  readonly readFile: (path: string) => string;
}

export type PredictorFound =
  { readonly predictor: PredictorSpec; readonly problems?: never } | { readonly problems: readonly Problem[] };

/**
 * Loads the predictor to run: from a file when one is given, else from ENGINE_PREDICTOR. Like Seldon's executor it takes the
 * one of ENGINE_PREDICTOR whatever its name, and adds no defaults: the operator has done so. In a file that no operator has seen,
 * units that say nothing of where they are get the endpoint that their container would have.
 */
export function loadPredictor(source: PredictorSource): PredictorFound {
  return source.file === '' ? fromEnvironment(source.encoded) : fromFile(source);
}

function fromFile({ file, predictorName, readFile }: PredictorSource): PredictorFound {
  if (!/\.(ya?ml|json)$/.test(file)) {
    return problem('--file', `'${file}' is no .yaml, .yml or .json file`, 'give a SeldonDeployment document');
  }
  let text: string;
  try {
    text = readFile(file);
  } catch (error) {
    return problem('--file', `'${file}' cannot be read: ${errorText(error)}`, 'check the path and its permissions');
  }
  const { deployments, problems } = readDeployments(text);
  if (problems.length > 0) {
    return { problems: problems.map((found) => ({ ...found, path: `${file}: ${found.path}` })) };
  }
  for (const { deployment } of deployments) {
    const at = deployment.spec.predictors.findIndex(({ name }) => name === predictorName);
    const [predictor, defaulted] = [deployment, applyDefaults(deployment)].map(({ spec }) => spec.predictors[at]);
    if (predictor === undefined || defaulted === undefined) continue;
    return { predictor: { ...predictor, graph: withMissingEndpoints(predictor.graph, defaulted.graph) } };
  }
  const names = deployments.flatMap(({ deployment }) => deployment.spec.predictors.map(({ name }) => name)).join(', ');
  return problem('--predictor', `'${predictorName}' is not in ${file}`, `it holds ${names || 'no predictor'}`);
}

/** @param defaulted the same unit with all defaults; of these only an endpoint is taken, and only where none says a host */
function withMissingEndpoints(unit: PredictiveUnit, defaulted: PredictiveUnit): PredictiveUnit {
  // One without a host (`service_port` alone, or the old `type`) is for the operator to complete.
  const endpoint = unit.endpoint?.service_host ? unit.endpoint : (defaulted.endpoint ?? unit.endpoint);
  const children = unit.children?.map((child, i) => withMissingEndpoints(child, defaulted.children?.[i] ?? child));
  return { ...unit, ...(endpoint && { endpoint }), ...(children && { children }) };
}

// Go's standard base64, which ignores line ends.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function fromEnvironment(encoded: string | undefined): PredictorFound {
  const remedy = "set it to the base64 of the predictor's JSON, or give --file FILE";
  if (encoded === undefined) return problem('ENGINE_PREDICTOR', 'not set, and no --file is given', remedy);
  const base64 = encoded.replaceAll(/[\r\n]/g, '');
  if (base64 === '') return problem('ENGINE_PREDICTOR', 'is empty', remedy);
  if (!BASE64.test(base64)) return problem('ENGINE_PREDICTOR', 'is not base64 (standard alphabet, padded)', remedy);
  try {
    return { predictor: predictorFromJson(Buffer.from(base64, 'base64').toString('utf8')) };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return problem('ENGINE_PREDICTOR', error.message, error.remedy ?? remedy);
  }
}

function problem(path: string, message: string, remedy: string): PredictorFound {
  return { problems: [{ path, message, remedy }] };
}
