import { parseGoDuration } from '../../../base/options.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { GRPC_STATUSES } from '../../../protocol/grpc/status.ts';
import { ERROR_CODES } from '../../../stream/failure.ts';
import { RecordFilter } from './record-filter.ts';
import { wrongOption } from '../../wrong-option.ts';

const CODES: readonly string[] = ERROR_CODES;
const STATUSES: readonly string[] = GRPC_STATUSES;

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
    throw wrongOption(`--since ${flags.since} is not before --until ${flags.until}`, 'nothing can have failed then');
  }
  const code = words(flags.code).map((one) => one.toUpperCase());
  const strange = code.find((one) => !CODES.includes(one));
  if (strange !== undefined)
    throw wrongOption(`--code '${strange}' is no code of an error record`, useOneOf(strange, CODES));
  // 5xx stays as it is; names of gRPC are in capitals.
  const status = words(flags.status).map((one) => (/^\d/.test(one) ? one.toLowerCase() : one.toUpperCase()));
  const odd = status.find((one) => !/^[1-5](?:\d\d|xx)$/.test(one) && !STATUSES.includes(one));
  if (odd !== undefined) {
    throw wrongOption(`--status '${odd}' is no status`, 'write 503, 5xx for all of them, or as gRPC does UNAVAILABLE');
  }
  return new RecordFilter({
    code,
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
    throw wrongOption(`${flag} '${text}' is no time`, 'write 2026-01-31T08:00:00Z, or 2h for two hours ago');
  }
  return Math.floor(timeMs);
}
