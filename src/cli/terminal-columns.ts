/**
 * How wide the terminal is, in characters. Undefined for a file or a pipe, and for a terminal that does not say it (in some containers and
 * on some machines for CI it has 0 columns): lines are not cut or drawn over there.
 */
export function terminalColumns(stream: { readonly isTTY?: boolean; readonly columns?: number }): number | undefined {
  return stream.isTTY ? stream.columns || undefined : undefined;
}
