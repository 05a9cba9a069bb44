/** For options that may be given several times: gathers their values. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
