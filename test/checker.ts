// Compares what went into a stream with what came out, by what the broker holds alone: no code of Millrace, no word of its own
// about what it did.
import { committedOffsets, readAll, type ReadRecord } from './broker.ts';

export interface CheckedTopics {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  /** Default `<output>-errors`. */
  readonly errors?: string;
  readonly group: string;
  /** Look with the eyes of a reader of committed records. */
  readonly readCommitted?: boolean;
}

export interface StreamReport {
  readonly inputs: number;
  readonly results: number;
  readonly errors: number;
  /** Inputs with neither a result nor an error record, `partition/offset`. */
  readonly lost: readonly string[];
  /** Inputs with more than one. */
  readonly duplicated: readonly string[];
  /** Results and error records that name no input, or carry another key than theirs. */
  readonly foreign: readonly string[];
  /** Results whose key had a result of a later request before, leaving repetitions aside. */
  readonly outOfOrder: readonly string[];
  /** Inputs below the committed offset that have neither a result nor an error record. */
  readonly committedAhead: readonly string[];
  /** Inputs at or above the committed offset. */
  readonly uncommitted: number;
}

/** Reads everything and reports. */
export async function checkStream(topics: CheckedTopics): Promise<StreamReport> {
  const { bootstrap, input, output, group } = topics;
  // Commits first: what is committed must be stored already, so what is read later must show it.
  const committed = await committedOffsets(bootstrap, group, input);
  const { readCommitted = false } = topics;
  const options = { readCommitted, settled: readCommitted };
  const results = await readAll(bootstrap, output, options);
  const errors = await readAll(bootstrap, topics.errors ?? `${output}-errors`, options);
  const inputs = await readAll(bootstrap, input);

  const byId = new Map(inputs.map((record) => [idOf(record), record]));
  const outcomes = new Map<string, number>();
  const foreign: string[] = [];
  for (const record of [...results, ...errors]) {
    const source = sourceOf(record, input);
    const request = source === undefined ? undefined : byId.get(source);
    if (source === undefined || request === undefined || !sameKey(request, record)) foreign.push(source ?? 'no source');
    else outcomes.set(source, (outcomes.get(source) ?? 0) + 1);
  }
  const lost = [...byId.keys()].filter((id) => !outcomes.has(id));
  const isCommitted = (record: ReadRecord) => record.offset < (committed.get(record.partition) ?? 0n);
  return {
    inputs: inputs.length,
    results: results.length,
    errors: errors.length,
    lost,
    duplicated: [...outcomes].filter(([, count]) => count > 1).map(([id]) => id),
    foreign,
    outOfOrder: outOfOrder(results, input),
    committedAhead: inputs.filter((record) => isCommitted(record) && !outcomes.has(idOf(record))).map(idOf),
    uncommitted: inputs.filter((record) => !isCommitted(record)).length,
  };
}

function outOfOrder(results: readonly ReadRecord[], input: string): string[] {
  const seen = new Set<string>();
  const latest = new Map<string, bigint>();
  const wrong: string[] = [];
  for (const record of results) {
    const source = sourceOf(record, input);
    if (source === undefined || record.key === null || seen.has(source)) continue;
    seen.add(source);
    const [partition, offset] = source.split('/');
    // A key of another partition of the input has no order with this one.
    const line = `${partition}/${record.partition}/${record.key.toString('base64')}`;
    const position = BigInt(offset ?? 0);
    if (position < (latest.get(line) ?? -1n)) wrong.push(source);
    else latest.set(line, position);
  }
  return wrong;
}

function idOf({ partition, offset }: ReadRecord): string {
  return `${partition}/${offset}`;
}

function sourceOf(record: ReadRecord, input: string): string | undefined {
  const source = record.headers.findLast(([name]) => name === 'millrace-source')?.[1];
  return source?.startsWith(`${input}/`) ? source.slice(input.length + 1) : undefined;
}

function sameKey(a: ReadRecord, b: ReadRecord): boolean {
  return a.key === null || b.key === null ? a.key === b.key : a.key.equals(b.key);
}
