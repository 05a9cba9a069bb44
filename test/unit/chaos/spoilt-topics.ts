// Topics of a stream that kept every promise, for the checker's tests to spoil.
import { createHash } from 'node:crypto';
import { headerOf, type Evidence, type Sample, type WitnessedRecord } from '../../checker/evidence.ts';
import { brokenPromises, judge, type Delivery, type Verdict } from '../../checker/verdict.ts';
import type { Order } from '../../checker/order.ts';

export interface Topics {
  inputs: WitnessedRecord[];
  results: WitnessedRecord[];
  errors: WitnessedRecord[];
  samples: Sample[];
  hanging: string[];
}

const PARTITIONS = 2;
const PER_PARTITION = 10;

/** Two partitions of ten requests, keys a, b and none; request 7 of each is refused. Results of both go to partition 0. */
export function goodTopics(): Topics {
  const topics: Topics = { inputs: [], results: [], errors: [], samples: [], hanging: [] };
  for (let offset = 0; offset < PER_PARTITION; offset++) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = offset === 7 ? `refuse ${partition}/${offset}` : `request ${partition}/${offset}`;
      const key = [`a${partition}`, `b${partition}`, null][offset % 3] ?? null;
      const input = record('in', partition, offset, 1_000 + offset * 10, key, value, [['id', value]]);
      topics.inputs.push(input);
      if (offset === 7) topics.errors.push(errorOf(input, topics.errors.length));
      else topics.results.push(resultOf(input, topics.results.length));
    }
  }
  for (let stored = 0; stored <= PER_PARTITION; stored += 5) topics.samples.push(sampleAt(topics, stored));
  return topics;
}

/** The result that the input must have, at this offset of partition 0. */
export function resultOf(input: WitnessedRecord, offset: number): WitnessedRecord {
  const headers: [string, string][] = [['millrace-source', `in/${input.partition}/${input.offset}`]];
  const value = answer(input.value).toString();
  return record('out', 0, offset, input.timestampMs + 5, input.key?.toString() ?? null, value, [
    ...headers,
    ...input.headers,
  ]);
}

export function errorOf(input: WitnessedRecord, offset: number, code = 'MODEL_STATUS'): WitnessedRecord {
  return {
    ...input,
    topic: 'errors',
    partition: 0,
    offset,
    timestampMs: input.timestampMs + 5,
    headers: [
      ...input.headers,
      ['millrace-error-code', code],
      ['millrace-source', `in/${input.partition}/${input.offset}`],
    ],
  };
}

/** What the brokers would have said when so many requests of each partition had been stored, and committed. */
export function sampleAt({ results, errors }: Topics, stored: number): Sample {
  const offsetOf = (one: WitnessedRecord) => Number(headerOf(one, 'millrace-source')?.split('/')[2]);
  const ends = (records: readonly WitnessedRecord[]) =>
    records.filter((one) => stored === PER_PARTITION || offsetOf(one) < stored);
  return {
    atMs: 1_000 + stored * 10,
    committed: new Map([
      [0, stored],
      [1, stored],
    ]),
    ends: new Map([
      ['out/0', ends(results).length],
      ['errors/0', ends(errors).length],
    ]),
  };
}

/** What is said to be broken; the list is empty when nothing is. */
export function complaints(topics: Evidence, order: Order = 'key', delivery: Delivery = 'at-least-once'): string[] {
  return brokenPromises(verdictOn(topics, order), delivery).map(
    ({ what, records }) => `${what}: ${records.join('; ')}`,
  );
}

export function verdictOn(topics: Evidence, order: Order = 'key'): Verdict {
  return judge(topics, {
    order,
    expect: ({ value }) =>
      value?.toString().startsWith('refuse') === true
        ? { result: undefined, errorCodes: ['MODEL_STATUS'] }
        : { result: answer(value), errorCodes: [] },
  });
}

function answer(value: Buffer | null): Buffer {
  const digest = createHash('sha256').update(value ?? '');
  return Buffer.from(digest.digest('hex'));
}

function record(
  topic: string,
  partition: number,
  offset: number,
  timestampMs: number,
  key: string | null,
  value: string,
  headers: readonly (readonly [string, string])[],
): WitnessedRecord {
  const bytes = key === null ? null : Buffer.from(key);
  return { topic, partition, offset, timestampMs, key: bytes, value: Buffer.from(value), headers };
}
