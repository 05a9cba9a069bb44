/** A place in a document: keys and indices from the root. */
export type Path = readonly (string | number)[];

/** `spec.predictors[0].annotations["seldon.io/no-engine"]`: dots, indices, and quotes only where a key needs them. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
