/**
 * A variable's value with its references replaced, as Kubernetes does it: `$(NAME)` becomes the value of a variable that was
 * defined before, stays as it is when there is none, and `$$` stands for a single `$` that begins no reference.
 */
export function expandReferences(value: string, defined: ReadonlyMap<string, string>): string {
  return value.replace(/\$(?:\$|\(([^)]*)\))/g, (reference, name: string | undefined) =>
    name === undefined ? '$' : (defined.get(name) ?? reference),
  );
}
