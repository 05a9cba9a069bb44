// The checker of `npm run chaos` is worth something only if it complains. Each test takes good topics, spoils one thing, and
// looks whether exactly that is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WitnessedRecord } from '../../checker/evidence.ts';
import { judge } from '../../checker/verdict.ts';
import { readTree, sourcesIn } from '../../tidy/source-tree.ts';
import { complaints, errorOf, goodTopics, resultOf, sampleAt, verdictOn, type Topics } from './spoilt-topics.ts';

/** Takes the result of an input out and puts others in its place; offsets are counted anew. */
function replace(topics: Topics, source: string, by: (result: WitnessedRecord) => WitnessedRecord[]): void {
  const own = (record: WitnessedRecord) => record.headers.some(([, value]) => value === source);
  topics.results = topics.results.flatMap((record) => (own(record) ? by(record) : [record]));
  topics.results = topics.results.map((record, offset) => ({ ...record, offset }));
  topics.samples = [sampleAt(topics, 10)];
}

const inputAt = (topics: Topics, partition: number, offset: number) => {
  const found = topics.inputs.find((input) => input.partition === partition && input.offset === offset);
  assert.ok(found);
  return found;
};

test('good topics: no complaint in any mode', () => {
  for (const order of ['key', 'unordered', 'partition'] as const) {
    for (const delivery of ['at-least-once', 'exactly-once'] as const) {
      assert.deepEqual(complaints(goodTopics(), order, delivery), []);
    }
  }
  const { inputs, results, errors, samples, duplicated } = verdictOn(goodTopics());
  assert.deepEqual([inputs, results, errors, samples, duplicated], [20, 18, 2, 3, []]);
});

test('a lost result, a lost error record', () => {
  const topics = goodTopics();
  replace(topics, 'in/1/4', () => []);
  topics.samples = [];
  assert.deepEqual(complaints(topics)[0], 'no result and no error record: 1/4');
  const other = goodTopics();
  other.errors.pop();
  assert.match(complaints(other)[0] ?? '', /^no result and no error record: 1\/7$/);
});

test('a result twice: told, and a broken promise with exactly-once delivery only', () => {
  const topics = goodTopics();
  replace(topics, 'in/0/3', (result) => [result, result]);
  assert.deepEqual(complaints(topics), []);
  assert.equal(verdictOn(topics).duplicated.length, 1);
  assert.deepEqual(complaints(topics, 'key', 'exactly-once'), [
    'more than one result or error record: 0/3: out/0/6, out/0/7',
  ]);
});

test('a result and an error record of one input are two', () => {
  const topics = goodTopics();
  topics.results.push(resultOf(inputAt(topics, 0, 1), topics.results.length));
  topics.errors.push(errorOf(inputAt(topics, 0, 1), topics.errors.length));
  const [first = '', second = ''] = complaints(topics, 'key', 'exactly-once');
  assert.match(first, /more than one result or error record: 0\/1/);
  // The model answers it, so that it may have no error record either.
  assert.match(second, /not what the input must get: errors\/0\/2: error record of 0\/1, code MODEL_STATUS/);
});

test('two results of a key in the wrong order; of two keys it is no fault, but in order `partition`', () => {
  const topics = goodTopics();
  const [of0, of1, of3] = [0, 1, 3].map((offset) => resultOf(inputAt(topics, 0, offset), 0));
  assert.ok(of0 && of1 && of3);
  replace(topics, 'in/0/0', () => [of3]);
  replace(topics, 'in/0/3', (result) => (result.offset === 0 ? [result] : [of0]));
  assert.deepEqual(complaints(topics, 'key'), ['out of order: 0/6: result of 0/0 after that of 0/3']);
  assert.deepEqual(complaints(topics, 'unordered'), []);
  const other = goodTopics();
  replace(other, 'in/0/0', () => [of1, of0]);
  replace(other, 'in/0/1', (result) => (result.offset === 0 ? [result] : []));
  assert.deepEqual(complaints(other, 'key'), []);
  assert.deepEqual(complaints(other, 'partition'), ['out of order: 0/1: result of 0/0 after that of 0/1']);
});

test('a rerun after a crash repeats results without being out of order; a result that comes first in a rerun must keep its turn', () => {
  const topics = goodTopics();
  const rerun = [0, 3, 6, 9].map((offset) => resultOf(inputAt(topics, 0, offset), 0));
  replace(topics, 'in/0/9', (result) => [...rerun, result]);
  assert.deepEqual(complaints(topics, 'key'), []);
  assert.deepEqual(complaints(topics, 'partition'), []);
});

test('foreign records: no source, an unknown source, another topic, the answer to another request, another key, lost headers', () => {
  const spoil = (by: (result: WitnessedRecord) => WitnessedRecord) => {
    const topics = goodTopics();
    replace(topics, 'in/1/5', (result) => [result, by(result)]);
    return complaints(topics).join();
  };
  const source = (text: string) => (result: WitnessedRecord) => {
    return { ...result, headers: [...result.headers, ['millrace-source', text] as const] };
  };
  assert.match(
    spoil((result) => ({ ...result, headers: [] })),
    /^not what the input must get: out\/0\/\d+: its source is not named$/,
  );
  assert.match(spoil(source('in/1/99')), /its source is in\/1\/99/);
  assert.match(spoil(source('other/1/5')), /its source is other\/1\/5/);
  assert.match(
    spoil((result) => ({ ...result, value: Buffer.from('no') })),
    /result of 1\/5 is not the model's answer/,
  );
  assert.match(
    spoil((result) => ({ ...result, value: null })),
    /result of 1\/5 is not the model's answer/,
  );
  assert.match(
    spoil((result) => ({ ...result, key: Buffer.from('z') })),
    /result of 1\/5 with another key/,
  );
  assert.match(
    spoil((result) => ({ ...result, headers: result.headers.filter(([name]) => name !== 'id') })),
    /result of 1\/5 has lost the header 'id'/,
  );
});

test('error records: of another code, of another value, of a request that is answered; a value left out must be named', () => {
  const spoil = (by: (error: WitnessedRecord) => WitnessedRecord) => {
    const topics = goodTopics();
    const [first, second] = topics.errors;
    assert.ok(first && second);
    topics.errors = [first, by(second)];
    return complaints(topics).join();
  };
  const header = (name: string, value: string) => (error: WitnessedRecord) => {
    return { ...error, headers: [...error.headers, [`millrace-error-${name}`, value] as const] };
  };
  assert.match(spoil(header('code', 'INTERNAL')), /error record of 1\/7, code INTERNAL/);
  assert.match(
    spoil((error) => ({ ...error, value: null })),
    /with another value/,
  );
  assert.equal(
    spoil((error) => ({ ...header('value-left-out', '10 bytes')(error), value: null, key: null })),
    '',
  );
  assert.match(
    spoil((error) => ({ ...header('value-left-out', '11 bytes')(error), value: null })),
    /left out 11 bytes/,
  );
  assert.match(
    spoil((error) => header('value-left-out', '10 bytes')(error)),
    /has the value that it calls left out/,
  );
});

test('a result of a request that the model refuses', () => {
  const topics = goodTopics();
  topics.results.push(resultOf(inputAt(topics, 0, 7), topics.results.length));
  assert.match(complaints(topics)[0] ?? '', /result of 0\/7, which the model refuses/);
});

test('a commit that ran ahead for a moment is told, although all is stored in the end', () => {
  const topics = goodTopics();
  const early = sampleAt(topics, 5);
  topics.samples.splice(1, 1, { ...early, committed: new Map([...early.committed, [1, 6]]) });
  assert.deepEqual(complaints(topics), [
    'committed before it was stored: 1/5: offset 6 was committed at 1970-01-01T00:00:01.050Z, before its result was stored',
  ]);
  // Stored above the ends that were seen: of an error record too.
  const other = goodTopics();
  const late = sampleAt(other, 10);
  other.samples.splice(1, 1, { ...late, ends: new Map([...late.ends, ['errors/0', 1]]) });
  assert.match(complaints(other)[0] ?? '', /1\/7: offset 10 was committed/);
});

test('what is not committed at the end, an open transaction, an empty topic, no sample', () => {
  const topics = goodTopics();
  topics.samples.push(sampleAt(topics, 9));
  assert.deepEqual(complaints(topics), ['not committed at the end: 0/9; 1/9']);
  assert.deepEqual(complaints({ ...goodTopics(), hanging: ['out/0'] }), ['a transaction that nobody ends: out/0']);
  const nothing = { inputs: [], results: [], errors: [], samples: [], hanging: [] };
  assert.equal(complaints(nothing).length, 2);
});

test('the longest stall counts only while something waits', () => {
  const topics = goodTopics();
  assert.equal(verdictOn(topics).longestStallMs, 5);
  // Until the first result executors start.
  const early = goodTopics();
  early.inputs = early.inputs.map((input) => (input.offset === 0 ? { ...input, timestampMs: 1 } : input));
  assert.equal(verdictOn(early).longestStallMs, 5);
  // Nothing waits for ten minutes before the last request: that is no stall.
  const [input, result] = [inputAt(topics, 0, 9), resultOf(inputAt(topics, 0, 9), 0)];
  const late = { ...input, timestampMs: 601_000 };
  topics.inputs = topics.inputs.map((one) => (one === input ? late : one));
  replace(topics, 'in/0/9', () => [{ ...result, timestampMs: 601_300 }]);
  assert.equal(verdictOn(topics).longestStallMs, 300);
  // Other results in between end a stall.
  replace(topics, 'in/0/8', (one) => [{ ...one, timestampMs: 1_500 }]);
  assert.equal(verdictOn(topics).longestStallMs, 405);
});

test('without what results must say, only their keys are looked at', () => {
  const topics = goodTopics();
  replace(topics, 'in/0/4', (result) => [{ ...result, value: Buffer.from('other') }]);
  assert.deepEqual(judge(topics, { order: 'key' }).foreign, []);
  replace(topics, 'in/0/4', (result) => [{ ...result, key: Buffer.from('other') }]);
  const verdict = judge(topics, { order: 'key' });
  assert.match(verdict.foreign.join(), /^out\/0\/\d+: it has another key than 0\/4$/);
  assert.deepEqual(verdict.lost, ['0/4']);
});

test('the checker shares no code with Millrace', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const sources = sourcesIn(readTree(root), 'test').filter(({ path }) => path.startsWith('test/checker/'));
  assert.ok(sources.length >= 7);
  for (const { path, imports } of sources) {
    for (const { specifier, target } of imports) {
      const allowed = target === undefined ? specifier.startsWith('node:') : target.startsWith('test/checker/');
      assert.ok(allowed, `${path} imports ${specifier}`);
    }
  }
});
