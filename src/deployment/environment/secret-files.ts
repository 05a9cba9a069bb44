import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A value from the directory that stands in for the cluster's Secrets and ConfigMaps, or why there is none. */
export type FileValue =
  { readonly value: string } | { readonly isAbsent: boolean; readonly message: string; readonly remedy: string };

const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const KEY = /^[-._a-zA-Z0-9]+$/;
/** Kubernetes' own limit for a Secret or ConfigMap. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads DIR/<object>/<key>. Names that Kubernetes would not allow are refused before the file system is asked, so no name
 * leads out of the directory. One line break at the end of a single line is dropped: editors add it, secrets have none.
 */
export function readSecretFile(directory: string | undefined, object: string, key: string): FileValue {
  if (!OBJECT_NAME.test(object) || object.includes('..') || object.length > 253) {
    return refused(`'${object}' is no name of a Secret or ConfigMap`, 'use lower-case letters, digits, - and .');
  }
  if (!KEY.test(key) || key === '.' || key.startsWith('..') || key.length > 253) {
    return refused(`'${key}' is no key of a Secret or ConfigMap`, 'use letters, digits, -, _ and .');
  }
  if (directory === undefined) {
    const remedy = `write the value to DIR/${object}/${key} and give --secrets DIR`;
    return { isAbsent: true, message: 'no directory of secrets is given', remedy };
  }
  const file = join(directory, object, key);
  try {
    if (statSync(file).size > MAX_BYTES)
      return refused(`${file} is larger than ${MAX_BYTES} bytes`, 'give a smaller file');
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
    if (value.includes('\0')) return refused(`${file} is not text`, 'a variable holds text: encode the value');
    return { value: value.replace(/^([^\r\n]*)\r?\n$/, '$1') };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { isAbsent: true, message: `there is no file ${file}`, remedy: 'write the value to that file' };
    }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return refused(`${file} is not UTF-8 text`, 'a variable holds text: encode the value');
    }
    return refused(`${file} cannot be read (${code})`, 'make it a file that this user may read');
  }
}

function refused(message: string, remedy: string): FileValue {
  return { isAbsent: false, message, remedy };
}
