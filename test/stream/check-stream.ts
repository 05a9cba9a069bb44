// The checker over what the client library reads: quicker than the witness, and no JVM is needed.
import { committedOffsets, readAll, type ReadRecord } from '../broker.ts';
import type { Evidence, WitnessedRecord } from '../checker/evidence.ts';
import { judge, type Verdict } from '../checker/verdict.ts';

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

/** Reads everything and judges it, with the order of keys. What results must say is for the test to know. */
export async function checkStream(topics: CheckedTopics): Promise<Verdict> {
  return judge(await evidenceOf(topics), { order: 'key' });
}

async function evidenceOf(topics: CheckedTopics): Promise<Evidence> {
  const { bootstrap, input, output, group, errors = `${output}-errors`, readCommitted = false } = topics;
  // Commits first: what is committed must be stored already, so what is read later must show it.
  const committed = await committedOffsets(bootstrap, group, input);
  const options = { readCommitted, settled: readCommitted };
  const results = witnessed(output, await readAll(bootstrap, output, options));
  const rejected = witnessed(errors, await readAll(bootstrap, errors, options));
  const inputs = witnessed(input, await readAll(bootstrap, input));
  const sample = {
    atMs: Date.now(),
    committed: new Map([...committed].map(([partition, offset]) => [partition, Number(offset)])),
    ends: new Map([...results, ...rejected].map(({ topic, partition }) => [`${topic}/${partition}`, Infinity])),
  };
  return { inputs, results, errors: rejected, samples: [sample], hanging: [] };
}

function witnessed(topic: string, records: readonly ReadRecord[]): WitnessedRecord[] {
  return records.map(({ offset, timestamp, ...record }) => {
    return { ...record, topic, offset: Number(offset), timestampMs: Number(timestamp) };
  });
}
