import { readFileSync } from 'node:fs';

let known: string | undefined;

/** The version of this package, from its package.json, which is read once. */
export function packageVersion(): string {
  known ??= readVersion();
  return known;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
