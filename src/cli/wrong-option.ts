import { MillraceError } from '../base/errors.ts';

/** The error of an option that cannot be used, or does not go with the others: exit code 2. */
export function wrongOption(message: string, remedy: string): MillraceError {
  return new MillraceError(message, { code: 'OPTIONS_INVALID', remedy, exitCode: 2 });
}
