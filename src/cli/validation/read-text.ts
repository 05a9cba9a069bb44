import { readFile, stat } from 'node:fs/promises';
import { MillraceError } from '../../base/errors.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text of a file, or of standard input when it is called `-`.
 *
 * @throws MillraceError FILE_UNREADABLE: absent, a directory, too large, or not to be read by this user
 */
export async function readText(file: string): Promise<string> {
  if (file === '-') return readStandardInput();
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw tooLarge();
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const known = REASONS[code] ?? { message: `cannot be read (${code})`, remedy: 'make it a file that can be read' };
    throw new MillraceError(known.message, { code: 'FILE_UNREADABLE', remedy: known.remedy, cause });
  }
}

const REASONS: Readonly<Record<string, { readonly message: string; readonly remedy: string } | undefined>> = {
  ENOENT: { message: 'there is no such file', remedy: 'check the path' },
  ENOTDIR: { message: 'there is no such file', remedy: 'check the path' },
  EISDIR: { message: 'is a directory', remedy: 'give the files in it' },
  EACCES: { message: 'this user may not read it', remedy: 'change its permissions' },
};

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): MillraceError {
  const remedy = 'give the file of the deployment only';
  return new MillraceError(`is larger than ${MAX_BYTES} bytes`, { code: 'FILE_UNREADABLE', remedy });
}
