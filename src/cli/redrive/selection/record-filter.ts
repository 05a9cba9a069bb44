import type { ErrorRecord } from './error-record.ts';

/** Which error records are meant. Of each list one must fit, and of the lists all; what is absent fits everything. */
export interface FilterParts {
  readonly code?: readonly string[];
  readonly node?: readonly string[];
  /** `503`, `5xx` for a hundred of them, or the name of a gRPC status. */
  readonly status?: readonly string[];
  readonly key?: readonly string[];
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number;
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number;
  /** Topic that the request came from. */
  readonly source?: string;
}

/** A choice of error records. Two that say the same, in whatever order, have the same `text`. */
export class RecordFilter {
  readonly parts: FilterParts;
  /** The parts as JSON; empty when every error record is meant. */
  readonly text: string;

  constructor(parts: FilterParts) {
    const { code = [], node = [], status = [], key = [], since, until, source } = parts;
    const kept = {
      ...(code.length > 0 && { code: sorted(code) }),
      ...(node.length > 0 && { node: sorted(node) }),
      ...(status.length > 0 && { status: sorted(status) }),
      ...(key.length > 0 && { key: sorted(key) }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(source !== undefined && { source }),
    };
    this.parts = kept;
    this.text = Object.keys(kept).length === 0 ? '' : JSON.stringify(kept);
  }

  matches({ code, node, status, key, timeMs, source }: ErrorRecord): boolean {
    const { parts } = this;
    return (
      (parts.code?.includes(code) ?? true) &&
      (parts.node?.includes(node) ?? true) &&
      (parts.status?.some((wanted) => isStatus(status, wanted)) ?? true) &&
      (parts.key === undefined || (key !== undefined && parts.key.includes(key))) &&
      timeMs >= (parts.since ?? -Infinity) &&
      timeMs < (parts.until ?? Infinity) &&
      (parts.source === undefined || source?.topic === parts.source)
    );
  }
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}

function isStatus(status: string, wanted: string): boolean {
  return /^\dxx$/.test(wanted) ? /^\d{3}$/.test(status) && status[0] === wanted[0] : status === wanted;
}
