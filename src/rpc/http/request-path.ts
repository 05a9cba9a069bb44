/** A request's target, taken apart. */
export interface RequestPath {
  /** Decoded. */
  readonly path: string;
  readonly query: string;
  /** Where the client should have gone, when the path is not canonical: the answer is a redirect. */
  readonly redirect: string | undefined;
}

/** Reads a request's target; undefined for one that cannot be decoded. */
export function readRequestPath(target: string): RequestPath | undefined {
  // A proxy's form, http://host/path.
  const [, relative = target] = /^https?:\/\/[^/?]*(.*)$/i.exec(target) ?? [];
  const mark = relative.indexOf('?');
  const encoded = mark < 0 ? relative : relative.slice(0, mark);
  const query = mark < 0 ? '' : relative.slice(mark + 1);
  let path: string;
  try {
    path = encoded.includes('%') ? decodeURIComponent(encoded) : encoded;
  } catch {
    return undefined;
  }
  if (isCanonical(path)) return { path, query, redirect: undefined };
  const clean = encodeURI(cleanPath(path)).replaceAll('?', '%3F').replaceAll('#', '%23');
  return { path, query, redirect: mark < 0 ? clean : `${clean}?${query}` };
}

function isCanonical(path: string): boolean {
  return path.startsWith('/') && !/\/\/|\/\.\.?(?:\/|$)/.test(path);
}

/** The path without empty, `.` and `..` segments, beginning with a slash; one at the end stays. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const atEnd = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${atEnd}`;
}
