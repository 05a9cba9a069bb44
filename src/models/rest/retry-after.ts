const MAX_MS = 24 * 3_600_000;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds (at most a day): seconds, or an HTTP date. Undefined for none or
 * for what is neither.
 *
 * @param nowMs wall clock, milliseconds since 1970
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(MAX_MS, Number(text) * 1000);
  // HTTP dates begin with the name of a day; Date.parse alone takes far too much.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.min(MAX_MS, Math.max(0, date - nowMs));
}
