import { MillraceError, problemsError, type Problem } from '../base/errors.ts';
import { isValueTooDeep, TOO_DEEP } from './parse/nesting.ts';
import { seldonDeployment, predictorSpec } from './parse/seldon-shapes.ts';
import type { Shape } from './parse/shape.ts';
import { readYaml, type SourceDocument } from './parse/yaml-source.ts';
import { formatPath, type Path } from './path.ts';
import { API_GROUP, API_VERSIONS, KIND, type PredictorSpec, type SeldonDeployment } from './seldon-deployment.ts';

export interface ParsedDeployment {
  readonly deployment: SeldonDeployment;
  /** 1-based line of the part at `path`, or of the nearest part around it that exists. */
  lineOf(path: Path): number;
}

export interface DeploymentFile {
  /** Well-formed SeldonDeployments, in the order of the text. */
  readonly deployments: readonly ParsedDeployment[];
  readonly problems: readonly Problem[];
  /** What was left out, for the person: documents of other kinds. */
  readonly notes: readonly string[];
}

export interface ParseOptions {
  /** What the text is called in errors: its file, usually. */
  readonly source?: string;
  /** `metadata.name` of the wanted SeldonDeployment, where the text may hold several. */
  readonly name?: string | undefined;
}

/**
 * The one SeldonDeployment of a YAML or JSON text. Only its form is checked: words are judged by `validateDeployment`.
 * Fields that Millrace does not know stay in the document.
 *
 * @throws MillraceError DEPLOYMENT_MALFORMED with every problem, its path and its line
 */
export function parseDeployment(
  text: string,
  options: ParseOptions = {},
): ParsedDeployment & { notes: readonly string[] } {
  const { deployments, problems, notes } = readDeployments(text);
  const source = options.source ?? 'the deployment';
  if (problems.length > 0)
    throw problemsError(`${source} is not a well-formed ${KIND}`, 'DEPLOYMENT_MALFORMED', problems);
  const wanted = deployments.filter(
    ({ deployment }) => options.name === undefined || deployment.metadata.name === options.name,
  );
  const [found, another] = wanted;
  const names = deployments.map(({ deployment }) => deployment.metadata.name).join(', ');
  if (found === undefined) {
    throw new MillraceError(`${source} holds no ${KIND} named '${options.name ?? ''}'`, {
      code: 'DEPLOYMENT_NOT_FOUND',
      remedy: `it holds ${names}`,
    });
  }
  if (another !== undefined) {
    throw new MillraceError(`${source} holds ${wanted.length} ${KIND}s: ${names}`, {
      code: 'DEPLOYMENT_AMBIGUOUS',
      remedy: 'choose one by its metadata.name, or put it in a file of its own',
    });
  }
  return { ...found, notes };
}

/** All SeldonDeployments of a YAML or JSON text, also inside a List, with everything that is wrong with their form. */
export function readDeployments(text: string): DeploymentFile {
  const { documents, problems } = readYaml(text);
  const deployments: ParsedDeployment[] = [];
  const found: Problem[] = [...problems];
  const notes: string[] = [];
  const objects = documents.flatMap(listed).filter(({ value }) => value !== null);
  let candidates = 0;
  for (const object of objects) {
    const kind = fieldOf(object.value, 'kind');
    if (kind !== KIND && objects.length > 1 && typeof kind === 'string') {
      notes.push(`line ${object.lineOf([])}: a ${kind} is left out`);
      continue;
    }
    candidates++;
    const header = headerProblems(object);
    const wrong: Problem[] = [...header];
    const deployment = header.length > 0 ? undefined : shaped(seldonDeployment, object, wrong);
    if (deployment !== undefined) deployments.push({ deployment, lineOf: (path) => object.lineOf(path) });
    found.push(...wrong);
  }
  if (candidates === 0 && found.length === 0) {
    const message = objects.length === 0 ? 'the text is empty' : `no ${KIND} among ${objects.length} documents`;
    found.push({ path: 'document', message, remedy: `give a document with kind: ${KIND}` });
  }
  return { deployments, problems: found, notes };
}

/**
 * A predictor from JSON, as ENGINE_PREDICTOR holds it (after base64).
 *
 * @throws MillraceError PREDICTOR_MALFORMED with the path of everything that is wrong
 */
export function predictorFromJson(json: string, source = 'ENGINE_PREDICTOR'): PredictorSpec {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    // The parser's own message may quote the text, and with it a secret.
    const remedy = 'it must hold the JSON of one predictor (base64-encoded in the environment)';
    throw new MillraceError(`${source} is not JSON`, {
      code: 'PREDICTOR_MALFORMED',
      remedy,
      cause: cause instanceof SyntaxError ? undefined : cause,
    });
  }
  const problems: Problem[] = [];
  let predictor: PredictorSpec | undefined;
  if (isValueTooDeep(value)) problems.push({ path: 'document', ...TOO_DEEP });
  else predictor = shaped(predictorSpec, { value }, problems);
  if (predictor === undefined)
    throw problemsError(`${source} is not a well-formed predictor`, 'PREDICTOR_MALFORMED', problems);
  return predictor;
}

/** The elements of a `kind: List`, as `kubectl get -o yaml` prints it; any other document as it is. */
function listed(document: SourceDocument): SourceDocument[] {
  const items = fieldOf(document.value, 'items');
  const kind = fieldOf(document.value, 'kind');
  if (!Array.isArray(items) || (kind !== 'List' && kind !== `${KIND}List`)) return [document];
  return items.map((value: unknown, index) => ({
    value,
    lineOf: (path: Path) => document.lineOf(['items', index, ...path]),
  }));
}

function headerProblems({ value, lineOf }: SourceDocument): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `${Array.isArray(value) ? 'a list' : 'a single value'}, where a ${KIND} is expected`;
    return [
      {
        path: 'document',
        line: lineOf([]),
        message,
        remedy: `begin with apiVersion, kind: ${KIND}, metadata and spec`,
      },
    ];
  }
  const problems: Problem[] = [];
  const kind = fieldOf(value, 'kind');
  if (kind !== KIND) {
    problems.push({ path: 'kind', line: lineOf(['kind']), message: said(kind, KIND), remedy: `set kind: ${KIND}` });
  }
  const apiVersion = fieldOf(value, 'apiVersion');
  if (!API_VERSIONS.some((known) => known === apiVersion)) {
    const message = said(apiVersion, `one of ${API_VERSIONS.join(', ')}`);
    problems.push({
      path: 'apiVersion',
      line: lineOf(['apiVersion']),
      message,
      remedy: `set apiVersion: ${API_GROUP}/v1`,
    });
  }
  return problems;
}

const said = (value: unknown, expected: string): string =>
  value === undefined || value === null ? `is missing; expected ${expected}` : `'${String(value)}' is not ${expected}`;

function shaped<T>(
  shape: Shape<T>,
  source: { readonly value: unknown; lineOf?(path: Path): number },
  problems: Problem[],
): T | undefined {
  const before = problems.length;
  const result = shape(source.value, [], ({ at, message, remedy, isUnknownField }) => {
    if (isUnknownField) return; // validation warns of it
    const line = source.lineOf?.(at);
    problems.push({ path: formatPath(at) || 'document', message, remedy, ...(line === undefined ? {} : { line }) });
  });
  return problems.length > before ? undefined : result;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
