import { inspect } from 'node:util';
import { errorText, MillraceError } from '../base/errors.ts';

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error: what is for the person, not for the pipe. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What is wrong and how to mend it. A fault of Millrace's own is one line too; its stack only with MILLRACE_DEBUG set. */
export function printError(error: unknown): void {
  if (error instanceof MillraceError) {
    note(`millrace: ${error.message}`);
    if (error.remedy !== undefined) note(`  ${error.remedy}`);
    return;
  }
  note(`millrace: internal error, please report it: ${errorText(error)}`);
  note(process.env['MILLRACE_DEBUG'] ? inspect(error) : '  MILLRACE_DEBUG=1 shows where it happened');
}

/** How the program exits after this error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError ? error.exitCode : INTERNAL_ERROR_EXIT_CODE;
}

/** EX_SOFTWARE of sysexits.h. */
const INTERNAL_ERROR_EXIT_CODE = 70;

/**
 * A reader that goes away (`millrace consume ... | head -1`) is no error: the program ends quietly. The same on standard error
 * is ignored, so that a service lives on when whoever read its log has gone.
 */
export function tolerateClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
