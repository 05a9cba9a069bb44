/** Where a field is in a JSON document: the names (or array indices) on the way to it. */
export type FieldPath = readonly string[];

/**
 * Reads `user.id` or `instances.0.id`, or a JSON pointer (RFC 6901), which begins with a slash: `/user/full.name`.
 *
 * @returns undefined when the text is no path
 */
export function parseFieldPath(text: string): FieldPath | undefined {
  if (text.startsWith('/')) {
    const names = text.slice(1).split('/');
    return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const names = text.split('.');
  return names.includes('') ? undefined : names;
}

export type FieldText = { readonly text: string } | { readonly problem: string };

/**
 * The text of a field: a string as it is, a number as JSON writes it, true or false. Whole numbers beyond 2^53 keep all their
 * digits.
 *
 * @param document the parsed JSON
 * @param source gives its text, asked for only where parsing has lost digits
 */
export function fieldText(document: unknown, path: FieldPath, source: () => string): FieldText {
  const value = valueAt(document, path);
  switch (typeof value) {
    case 'string':
      return { text: value };
    case 'boolean':
      return { text: String(value) };
    case 'number':
      if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return { text: String(value) };
      return { text: String(valueAt(JSON.parse(source(), keepDigits as Reviver), path)) };
    case 'undefined':
      return { problem: 'is not there' };
    default:
      return { problem: value === null ? 'is null' : Array.isArray(value) ? 'is an array' : 'is an object' };
  }
}

function valueAt(document: unknown, path: FieldPath): unknown {
  let at: unknown = document;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    if (Array.isArray(at) && !/^\d+$/.test(name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}

type Reviver = Parameters<typeof JSON.parse>[1];

// The third argument is newer than TypeScript's declaration of a reviver.
function keepDigits(_name: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context.source ?? value) : value;
}
