import { inspect } from 'node:util';
import { MillraceError } from '../base/errors.ts';

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error: what is for the person, not for the pipe. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What is wrong and how to mend it; a stack only for faults of Millrace's own. */
export function printError(error: unknown): void {
  if (error instanceof MillraceError) {
    note(`millrace: ${error.message}`);
    if (error.remedy !== undefined) note(`  ${error.remedy}`);
  } else {
    note(`millrace: internal error, please report it: ${inspect(error)}`);
  }
}
