import { readFileSync } from 'node:fs';
import { errorText, MillraceError } from '../base/errors.ts';

/**
 * The text of a file that the user named; `-` is standard input.
 *
 * @throws MillraceError FILE_UNREADABLE
 */
export function readDocument(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new MillraceError(`'${file}' cannot be read: ${errorText(error)}`, {
      code: 'FILE_UNREADABLE',
      remedy: "check the path and its permissions; '-' reads standard input",
      cause: error,
    });
  }
}
