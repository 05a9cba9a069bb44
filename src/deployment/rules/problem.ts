import type { Problem } from '../../base/errors.ts';
import { formatPath, type Path } from '../path.ts';

/** `error`: it cannot work, or would lose or mix up records. `warning`: it runs, but hardly as it was meant. */
export type Severity = 'error' | 'warning';

export interface DeploymentProblem extends Problem {
  readonly severity: Severity;
  /** Stable name of the rule, to search and filter by. */
  readonly rule: string;
  /** Number of the rule of Seldon 1.17's webhook that finds the same; then `path` and `value` are as it writes them. */
  readonly seldonRule?: number;
  /** The value that is wrong, where it may be shown. */
  readonly value?: string;
  /** Where it is, exactly; `path` may be coarser. */
  readonly at: Path;
}

export interface Finding {
  readonly rule: string;
  readonly at: Path;
  readonly message: string;
  readonly remedy: string;
  /** When Seldon's path is another than that of `at`. */
  readonly path?: string;
  readonly value?: string;
  readonly seldonRule?: number;
}

/** A finding that stops the deployment. */
export const error = (finding: Finding): DeploymentProblem => problem('error', finding);
/** A finding that a person should look at; the deployment runs. */
export const warning = (finding: Finding): DeploymentProblem => problem('warning', finding);

function problem(severity: Severity, finding: Finding): DeploymentProblem {
  return { severity, path: formatPath(finding.at), ...finding };
}
