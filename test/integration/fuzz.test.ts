// The short form of `npm run fuzz`: each protocol and transport once, through a graph that looks into messages at every step or through
// one model.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { testBroker } from '../broker.ts';
import { COMBINATIONS, nameOf } from '../fuzz/combination.ts';
import { fuzzRecord } from '../fuzz/mutations/record.ts';
import { fuzzStream } from '../fuzz/run/fuzz-stream.ts';
import { faultsOf, lineOf } from '../fuzz/run/report.ts';

const RECORDS = 1_500;
const SEED = Number(process.env['SEED'] ?? 1);

for (const combination of COMBINATIONS) {
  const graph = combination.protocol === 'seldon' ? 'single' : 'graph';
  test(`mutated records of ${nameOf(combination)} come out once each, and right`, async () => {
    const result = await fuzzStream(testBroker(), {
      combination,
      graph,
      models: 'hostile',
      batch: 1,
      delivery: 'at-least-once',
      seed: SEED,
      hostility: 0.2,
      records: RECORDS,
      recordOf: (at) => fuzzRecord(combination, SEED, at),
    });
    assert.deepEqual(faultsOf(result), [], `SEED=${SEED} ${lineOf(result)}`);
  });
}
