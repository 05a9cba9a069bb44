import { parseFieldPath, type FieldPath } from '../records/json-field.ts';
import { wrongOption } from '../wrong-option.ts';

/** Options that say where keys come from; at most one kind of them may be given. An empty text is none. */
export interface KeyOptions {
  /** The same key for all. */
  readonly key?: string;
  /** A field of each JSON document. */
  readonly keyField?: string;
  /** What stands between key and value in each line. */
  readonly keySeparator?: string;
  /** Keys that count up: the prefix and a number from 0. */
  readonly keyPrefix?: string;
  /** How many different keys that count up, in turn; 0 never begins again. */
  readonly keys: number;
}

/** Where the key of each record comes from. */
export type KeyRule =
  | { readonly kind: 'constant'; readonly key: Buffer | null }
  | { readonly kind: 'count'; readonly prefix: string; readonly keys: number }
  | { readonly kind: 'separator'; readonly separator: Buffer }
  | { readonly kind: 'field'; readonly path: FieldPath; readonly name: string };

const DEFAULT_PREFIX = 'key-';

/**
 * Compiles the options; without any there are no keys.
 *
 * @throws MillraceError OPTIONS_INVALID when they exclude each other or one cannot be used
 */
export function keyRule(options: KeyOptions): KeyRule {
  const { key = '', keyField = '', keySeparator = '', keyPrefix = '', keys } = options;
  const chosen = [
    key === '' ? undefined : '--key',
    keyField === '' ? undefined : '--key-field',
    keySeparator === '' ? undefined : '--key-separator',
    keyPrefix !== '' ? '--key-prefix' : keys > 0 ? '--keys' : undefined,
  ].filter((name) => name !== undefined);
  if (chosen.length > 1) throw wrongOption(`${chosen.join(' and ')} exclude each other`, 'keep one of them');
  if (keyField !== '') return { kind: 'field', path: pathOf(keyField), name: keyField };
  if (keySeparator !== '') return { kind: 'separator', separator: Buffer.from(keySeparator.replaceAll('\\t', '\t')) };
  if (keyPrefix !== '' || keys > 0) return { kind: 'count', prefix: keyPrefix || DEFAULT_PREFIX, keys };
  return { kind: 'constant', key: key === '' ? null : Buffer.from(key) };
}

function pathOf(text: string): FieldPath {
  const path = parseFieldPath(text);
  if (path !== undefined) return path;
  const remedy = 'write names with dots between (user.id), or a JSON pointer (/user/id)';
  throw wrongOption(`--key-field '${text}' is no path`, remedy);
}
