/** How a program that ends with this error exits: 1 for what the user can mend, 2 for a wrong command line. */
export type ExitCode = 1 | 2;

/** What an error says beside its message. */
export interface ErrorDetails {
  /** Stable code, such as `CONFIG_MISSING`; users search and filter by it. */
  readonly code: string;
  /** What to do about it, one sentence without a final full stop. */
  readonly remedy?: string;
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/**
 * An error that a user is meant to read: it says what is wrong, with the field and the value, and how to mend it.
 * Anything else that is thrown is a fault of Millrace's own.
 */
export class MillraceError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MillraceError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** One thing wrong with a document or a configuration. `path` is where, such as `spec.predictors[0].name`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly remedy?: string;
  /** 1-based, where the text it came from is known. */
  readonly line?: number;
}

/** One line: where, what, how to mend it. */
export function describeProblem(problem: Problem): string {
  const line = problem.line === undefined ? '' : ` (line ${problem.line})`;
  const remedy = problem.remedy === undefined ? '' : `; ${problem.remedy}`;
  return `${problem.path}${line}: ${problem.message}${remedy}`;
}

/** Several problems as one error, one a line. */
export function problemsError(title: string, code: string, problems: readonly Problem[], exitCode: ExitCode = 1) {
  const lines = problems.map((problem) => `  ${describeProblem(problem)}`);
  return new MillraceError(`${title}\n${lines.join('\n')}`, { code, exitCode });
}

/** The text of anything that was thrown, with its causes, for one log line or one header. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && at !== null && depth < 5; depth++) {
    if (at instanceof AggregateError && at.errors.length > 0 && at.message === '') at = at.errors[0];
    const text = at instanceof Error ? at.message || at.name : String(at);
    // Many errors quote their cause; once is enough.
    if (text && !parts.some((part) => part.includes(text))) parts.push(text);
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(': ');
}
