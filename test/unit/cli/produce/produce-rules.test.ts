import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseHeaders, protoNameHeader } from '../../../../src/cli/produce/header-options.ts';
import { howToGoOn, summary } from '../../../../src/cli/produce/load-summary.ts';
import { Pace } from '../../../../src/cli/produce/pace.ts';
import { parseCreateTopic } from '../../../../src/cli/produce/target-topic.ts';

test('headers end their name at the first equals sign, and may repeat', () => {
  const headers = parseHeaders(['a=1', 'a=2=3', 'b=']);
  assert.deepEqual(headers.map(String), ['a,1', 'a,2=3', 'b,']);
  for (const bad of ['a', '=b', '']) assert.throws(() => parseHeaders([bad]), { code: 'OPTIONS_INVALID', exitCode: 2 });
});

test('a proto-name is the full name of a message', () => {
  assert.equal(
    String(protoNameHeader('tensorflow.serving.PredictRequest')),
    'proto-name,tensorflow.serving.PredictRequest',
  );
  for (const bad of ['a..b', '.a', '1a', 'a b', '/a.proto']) {
    assert.throws(() => protoNameHeader(bad), { code: 'OPTIONS_INVALID', exitCode: 2 });
  }
});

test('--create-topic takes a number of partitions or none', () => {
  assert.equal(parseCreateTopic(undefined), false);
  assert.equal(parseCreateTopic(true), 'broker default');
  assert.equal(parseCreateTopic('8'), 8);
  for (const bad of ['0', '-1', 'file.jsonl', '1e9']) {
    assert.throws(() => parseCreateTopic(bad), { code: 'OPTIONS_INVALID', exitCode: 2 });
  }
});

test('the last line counts what is stored, what was refused and what is not known', () => {
  const counts = { sent: 10_000, acknowledged: 10_000, refused: 0, sizeBytes: 23_400_000 };
  assert.equal(summary(counts, 1205), '10000 records in 1.2 s (8,299/s), 23.4 MB, 0 refused');
  const broken = { sent: 5, acknowledged: 1, refused: 2, sizeBytes: 10 };
  assert.equal(summary(broken, 0), '1 record in 0 s (0/s), 10 B, 2 refused, 2 not acknowledged');
});

test('how to go on is said only where every record sent is stored', () => {
  const plan = { files: [], format: 'json', split: () => ({ key: null, value: Buffer.alloc(0) }), rate: 0, skip: 7, count: Infinity, repeat: 1 } as const; // prettier-ignore
  const counts = { sent: 3, acknowledged: 3, refused: 0, sizeBytes: 0 };
  assert.deepEqual(howToGoOn(counts, plan), ['stopped after 10 records; --skip 10 goes on with the next one']);
  assert.deepEqual(howToGoOn({ ...counts, acknowledged: 2 }, plan), []);
  assert.deepEqual(howToGoOn(counts, { ...plan, repeat: 2 }), []);
});

test('the pace spreads records evenly and makes up for a second at most', () => {
  let now = 0;
  const pace = new Pace(10, { now: () => now });
  assert.deepEqual([pace.next(), pace.next(), pace.next()], [0, 100, 200]);
  now = 250;
  assert.equal(pace.next(), 50);
  now = 60_000;
  let burst = 0;
  while (pace.next() === 0) burst++;
  assert.equal(burst, 11);
  assert.equal(new Pace(0, { now: () => now }).next(), 0);
});
