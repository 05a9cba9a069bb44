const MAX_MS = 24 * 3_600_000;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds (at most a day): seconds, or an HTTP date. Undefined for none or
 * for what is neither.
 *
 * @param nowMs wall clock, milliseconds since 1970
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(MAX_MS, Number(text) * 1000);
  // HTTP dates begin with the name of a day; Date.parse alone takes far too much.
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  // The oldest of the three forms names no zone, and means GMT; Date.parse would take this machine's.
  const date = isDate ? Date.parse(/[A-Z]{3}$/.test(text) ? text : `${text} GMT`) : NaN;
  return Number.isNaN(date) ? undefined : Math.min(MAX_MS, Math.max(0, date - nowMs));
}
