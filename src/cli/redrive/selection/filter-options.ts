import { MillraceError } from '../../../base/errors.ts';
import { parseGoDuration } from '../../../base/options.ts';
import { RecordFilter } from './record-filter.ts';

/** The filters as the command line gives them. */
export interface FilterFlags {
  readonly code?: readonly string[];
  readonly node?: readonly string[];
  readonly status?: readonly string[];
  readonly key?: readonly string[];
  readonly since: string;
  readonly until: string;
  /** Topic that the requests came from; undefined: any. */
  readonly source: string | undefined;
}

/**
 * @param nowMs milliseconds since 1970, for times such as `2h` (ago)
 * @throws MillraceError OPTIONS_INVALID
 */
export function parseFilter(flags: FilterFlags, nowMs: number): RecordFilter {
  const since = parseTime('--since', flags.since, nowMs);
  const until = parseTime('--until', flags.until, nowMs);
  if (since !== undefined && until !== undefined && since >= until) {
    throw wrong(`--since ${flags.since} is not before --until ${flags.until}`, 'nothing can have failed then');
  }
  const status = words(flags.status);
  const odd = status.find((one) => !/^\d(?:\d\d|xx)$/.test(one));
  if (odd !== undefined)
    throw wrong(`--status '${odd}' is no HTTP status`, 'write it like 503, or 5xx for all of them');
  return new RecordFilter({
    code: words(flags.code).map((code) => code.toUpperCase()),
    node: words(flags.node),
    status,
    key: flags.key ?? [],
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(flags.source !== undefined && { source: flags.source }),
  });
}

function words(given: readonly string[] = []): string[] {
  return given.flatMap((text) => text.split(',')).map((text) => text.trim()).filter((text) => text !== ''); // prettier-ignore
}

function parseTime(flag: string, text: string, nowMs: number): number | undefined {
  if (text === '') return undefined;
  const agoMs = parseGoDuration(text);
  const timeMs = agoMs === undefined ? (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN) : nowMs - agoMs;
  if (Number.isNaN(timeMs)) {
    throw wrong(`${flag} '${text}' is no time`, 'write 2026-01-31T08:00:00Z, or 2h for two hours ago');
  }
  return Math.floor(timeMs);
}

function wrong(message: string, remedy: string): MillraceError {
  return new MillraceError(message, { code: 'OPTIONS_INVALID', remedy, exitCode: 2 });
}
