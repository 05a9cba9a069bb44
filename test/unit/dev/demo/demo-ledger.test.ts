// The demo's verdict is worth something only if its book finds every kind of wrong answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArrivedRecord } from '../../../../src/dev/demo/ledger/arrived-record.ts';
import { demoRequests, MALFORMED_COUNT } from '../../../../src/dev/demo/ledger/demo-request.ts';
import { Ledger } from '../../../../src/dev/demo/ledger/ledger.ts';
import { percentile, reportPhase } from '../../../../src/dev/demo/ledger/phase.ts';
import { readPrediction } from '../../../../src/dev/demo/ledger/prediction.ts';

const COUNT = 20;
const IMAGES = 4;
const TOPIC = 'requests';

function answer(row: readonly number[]): Buffer {
  return Buffer.from(JSON.stringify({ predictions: [row] }));
}

/** A ledger whose requests are all sent, alternately to two partitions, and the right answer to each. */
function sentLedger() {
  const ledger = new Ledger(demoRequests(COUNT, IMAGES, COUNT), TOPIC, 3);
  const answers: ArrivedRecord[] = [];
  const offsets = [0, 0];
  for (const [index, request] of ledger.requests.entries()) {
    const partition = index % 2;
    ledger.send(index, partition, index);
    const source = `${TOPIC}/${partition}/${offsets[partition]}`;
    offsets[partition] = (offsets[partition] ?? 0) + 1;
    const value = request.malformed ? request.malformed.value : answer([0.7, 0.2 - request.image / 100, 0.1 + request.image / 100]); // prettier-ignore
    const code = request.malformed ? 'MODEL_STATUS' : '';
    answers.push({ key: request.key, source, value, protoName: '', code, message: '', response: '' });
  }
  return { ledger, answers };
}

function settle(ledger: Ledger, record: ArrivedRecord, nowMs = 100): void {
  if (record.code === '') ledger.result(record, nowMs);
  else ledger.error(record, nowMs);
}

test('demo requests: each has its own key, the malformed ones are among the first', () => {
  const requests = demoRequests(1_000, 7, 900);
  assert.equal(requests.length, 1_000 + MALFORMED_COUNT);
  assert.equal(new Set(requests.map(({ key }) => key)).size, requests.length);
  const malformed = requests.flatMap((request, index) => (request.malformed ? [index] : []));
  assert.equal(malformed.length, MALFORMED_COUNT);
  assert.ok(malformed.every((index) => index < 900 + MALFORMED_COUNT));
  assert.deepEqual([requests[0]?.key, requests.at(-1)?.key], ['request-0001', 'request-1000']);
  for (const few of [MALFORMED_COUNT, 9, 11]) {
    assert.equal(demoRequests(few, 7, few).filter(({ malformed: bad }) => bad).length, MALFORMED_COUNT, `${few}`);
  }
});

test('ledger: right answers in any order are no problem', () => {
  const { ledger, answers } = sentLedger();
  assert.match(ledger.problems().join('\n'), /25 requests have no answer: request-01, request-02, /);
  for (const record of answers.toReversed()) settle(ledger, record);
  assert.deepEqual(ledger.problems(), []);
  assert.deepEqual([ledger.sent, ledger.results, ledger.errors, ledger.ended], [25, 20, 5, 25]);
});

const WRONGS: readonly [what: string, spoil: (record: ArrivedRecord) => readonly ArrivedRecord[], problem: RegExp][] = [
  ['lost', () => [], /^1 requests have no answer: request-07$/],
  ['twice', (record) => [record, record], /^request-07 was answered twice$/],
  ['the key of another', (record) => [{ ...record, key: 'request-08' }], /the result of request-07 .* has the key 'request-08'/], // prettier-ignore
  ['no source', (record) => [{ ...record, source: '' }], /names no request as its source: ''/],
  ['a source that was not sent', (record) => [{ ...record, source: `${TOPIC}/1/99` }], /no request as its source/],
  ['a source in another topic', (record) => [{ ...record, source: `x${record.source}` }], /no request as its source/],
  ['failed', (record) => [{ ...record, code: 'MODEL_TIMEOUT', message: 'too late' }], /^request-07 failed: MODEL_TIMEOUT too late$/], // prettier-ignore
  [
    'two classes',
    (record) => [{ ...record, value: answer([0.5, 0.5]) }],
    /the result of request-07 is not a list of 3/,
  ],
  ['the answer to another picture', (record) => [{ ...record, value: answer([0.1, 0.2, 0.7]) }], /request-07 has another answer than the same picture before/], // prettier-ignore
];

for (const [what, spoil, problem] of WRONGS) {
  test(`ledger: ${what} is found`, () => {
    const { ledger, answers } = sentLedger();
    for (const record of answers) {
      if (record.key === 'request-07') for (const spoilt of spoil(record)) settle(ledger, spoilt);
      else settle(ledger, record);
    }
    assert.match(ledger.problems()[0] ?? '', problem);
  });
}

test('ledger: a malformed request that has a result is a problem, and so is an error record without a code', () => {
  const { ledger, answers } = sentLedger();
  const [first, second] = answers.filter(({ key }) => key.startsWith('malformed'));
  assert.ok(first && second);
  ledger.result({ ...first, code: '' }, 1);
  ledger.error({ ...second, code: '' }, 1);
  assert.match(ledger.problems().join('\n'), /malformed-empty \(an empty value\) has a result/);
  assert.match(ledger.problems().join('\n'), /the error record of malformed-not-json has no code/);
});

test('ledger: many problems are counted, a few are told', () => {
  const { ledger, answers } = sentLedger();
  for (const record of answers) settle(ledger, { ...record, key: 'x' });
  assert.equal(ledger.problems().length, 7);
  assert.match(ledger.problems()[5] ?? '', /^and 20 more like these$/);
});

test('phase: counts, accuracy, time and percentiles of its own requests', () => {
  const { ledger, answers } = sentLedger();
  for (const [index, record] of answers.entries()) settle(ledger, record, index + (index === 0 ? 500 : 10));
  // The likeliest class is 0 for all; half of the pictures are of that class.
  const report = reportPhase({ title: 'all', from: 0, to: ledger.requests.length }, ledger, [0, 1, 0, 2]);
  assert.deepEqual(report, {
    title: 'all',
    requests: 20,
    malformed: 5,
    results: 20,
    errors: 5,
    correct: 10,
    durationMs: 500,
    p50Ms: 10,
    p99Ms: 500,
  });
  assert.equal(reportPhase({ title: 'rest', from: 10, to: 25 }, ledger, [0, 1, 0, 2]).p99Ms, 10);
});

test('percentile: nearest rank', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)], [50, 99, 100]);
  assert.ok(Number.isNaN(percentile(new Float64Array(), 0.5)));
});

test('prediction: one row of probabilities, and nothing else', () => {
  assert.deepEqual(readPrediction(answer([0.25, 0.75]), 2), { ok: true, probabilities: [0.25, 0.75] });
  const wrong: readonly [value: Buffer | null, problem: RegExp][] = [
    [null, /not JSON/],
    [Buffer.from('{"pre'), /not JSON/],
    [Buffer.from('null'), /no list/],
    [Buffer.from('{"error":"x"}'), /no list/],
    [Buffer.from('{"predictions":[[1,0],[1,0]]}'), /2 predictions/],
    [Buffer.from('{"predictions":[1,0]}'), /2 predictions/],
    [Buffer.from('{"predictions":[["1",0]]}'), /no probability/],
    [answer([1.5, -0.5]), /no probability/],
    [answer([0.5, 0.4]), /the sum 0\.9/],
    [answer([1]), /not a list of 2/],
  ];
  for (const [value, problem] of wrong) {
    const read = readPrediction(value, 2);
    assert.match(read.ok ? 'no problem' : read.problem, problem, String(value));
  }
});
