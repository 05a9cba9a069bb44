import { MillraceError, type Problem } from '../../base/errors.ts';
import { readDeployments, type ParsedDeployment } from '../../deployment/parse.ts';
import { formatPath } from '../../deployment/path.ts';
import { seldonPredictorServers } from '../../deployment/predictor-servers.ts';
import { validateDeployment, type Severity } from '../../deployment/validate.ts';
import { connectionOptions, consumerOptions } from '../../kafka/options.ts';
import { streamOptions } from '../../stream/options.ts';
import { executorOptions } from '../../executor/config/options.ts';
import { payloadLogOptions } from '../../executor/config/payload-log-options.ts';
import { summarise, type DeploymentSummary } from './deployment-summary.ts';
import { readText } from './read-text.ts';

/** What `millrace validate` says about one file; also the form of its JSON. */
export interface FileReport {
  readonly file: string;
  readonly valid: boolean;
  readonly problems: readonly ReportedProblem[];
  readonly notes: readonly string[];
  readonly deployments: readonly DeploymentSummary[];
}

export interface ReportedProblem {
  readonly severity: Severity;
  /** Stable name of the rule; `form` for what is not well-formed at all. */
  readonly rule: string;
  readonly deployment?: string;
  readonly line?: number;
  readonly path: string;
  readonly message: string;
  readonly remedy?: string;
}

/** Reads and validates one file (`-`: standard input). A file that cannot be read is a problem like others. */
export async function reportFile(file: string): Promise<FileReport> {
  let text: string;
  try {
    text = await readText(file);
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause;
    const { message, remedy } = cause;
    return reportOf(
      file,
      [formProblem({ path: 'file', message, ...(remedy === undefined ? {} : { remedy }) })],
      [],
      [],
    );
  }
  const { deployments, problems, notes } = readDeployments(text);
  const found = [...problems.map(formProblem), ...deployments.flatMap(problemsOf), ...repeated(deployments)];
  return reportOf(
    file,
    found,
    notes,
    deployments.map(({ deployment }) => summarise(deployment)),
  );
}

function reportOf(
  file: string,
  problems: readonly ReportedProblem[],
  notes: readonly string[],
  deployments: readonly DeploymentSummary[],
): FileReport {
  const valid = !problems.some(({ severity }) => severity === 'error');
  const sorted = problems.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0));
  return { file, valid, problems: sorted, notes, deployments };
}

const formProblem = (problem: Problem): ReportedProblem => ({ severity: 'error', rule: 'form', ...problem });

function problemsOf({ deployment, lineOf }: ParsedDeployment): ReportedProblem[] {
  const { maxMessageBytes } = executorOptions;
  const kafkaOptions = [connectionOptions, consumerOptions, streamOptions, payloadLogOptions, { maxMessageBytes }];
  const problems = validateDeployment(deployment, { servers: seldonPredictorServers, kafkaOptions });
  return problems.map(({ severity, rule, at, message, remedy }) => ({
    severity,
    rule,
    deployment: deployment.metadata.name,
    line: lineOf(at),
    path: formatPath(at),
    message,
    ...(remedy === undefined ? {} : { remedy }),
  }));
}

/** The same deployment twice in one file: the later one would overwrite the earlier. */
function repeated(deployments: readonly ParsedDeployment[]): ReportedProblem[] {
  const seen = new Set<string>();
  const problems: ReportedProblem[] = [];
  for (const { deployment, lineOf } of deployments) {
    const { name, namespace } = deployment.metadata;
    const key = `${namespace ?? ''}/${name}`;
    if (seen.has(key)) {
      const message = `the file holds a second SeldonDeployment named '${name}'`;
      const line = lineOf(['metadata', 'name']);
      const remedy = 'rename one, or remove it';
      problems.push({
        severity: 'error',
        rule: 'deployment-twice',
        deployment: name,
        line,
        path: 'metadata.name',
        message,
        remedy,
      });
    }
    seen.add(key);
  }
  return problems;
}
