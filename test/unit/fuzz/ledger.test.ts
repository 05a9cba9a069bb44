// What the fuzz would find: each rule of its ledger, broken once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expected } from '../../fuzz/check/expected-result.ts';
import { Ledger } from '../../fuzz/check/ledger.ts';
import type { HeaderList } from '../../fuzz/mutations/header-list.ts';
import type { FuzzRecord } from '../../fuzz/mutations/record.ts';
import type { TailedRecord } from '../../fuzz/run/topic-tail.ts';

const HEADERS: HeaderList = [
  [Buffer.from('x-own'), Buffer.from('1')],
  [Buffer.from(''), null],
  [Buffer.from('proto-name'), Buffer.from('n')],
];
const REQUEST: FuzzRecord = {
  index: 3,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: HEADERS,
  isGood: true,
};

const own = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
const SOURCE = ['millrace-source', 'in/0/7'] as const;

function result(more: Partial<TailedRecord> = {}): TailedRecord {
  const said = own(['seldon-puid', 'p'], ['content-type', 't'], SOURCE, ['proto-name', 'a']);
  const headers = [...said, ...HEADERS.slice(0, 2)];
  return { topic: 'out', partition: 0, offset: 0n, key: REQUEST.key, value: Buffer.from('answer'), headers, ...more };
}

function errorRecord(more: Partial<TailedRecord> = {}, code = 'MODEL_STATUS'): TailedRecord {
  const names = ['message', 'node', 'attempts', 'status', 'response', 'time'];
  const said = own(
    ['millrace-error-code', code],
    ...names.map((name) => [`millrace-error-${name}`, ''] as const),
    SOURCE,
  );
  const headers = [...HEADERS, ...said];
  return { topic: 'out-errors', partition: 0, offset: 0n, key: REQUEST.key, value: REQUEST.value, headers, ...more };
}

/** What a ledger finds when these come out of the one request. */
function found(expected: Expected | undefined, ...records: readonly TailedRecord[]): readonly string[] {
  const ledger = new Ledger({ inputTopic: 'in', outputTopic: 'out', isGrpc: true, expected: () => expected });
  ledger.put([{ record: REQUEST, partition: 0, offset: 7n }]);
  for (const record of records) ledger.take(record);
  ledger.close();
  return ledger.findings.map(({ what }) => what);
}

const ANSWER: Expected = { value: Buffer.from('answer'), mustPass: true };

test('a result or an error record as it should be is no finding', () => {
  assert.deepEqual(found(ANSWER, result()), []);
  assert.deepEqual(found(undefined, errorRecord()), []);
});

test('records that are lost, doubled, or come of nothing are found', () => {
  assert.deepEqual(found(undefined), ['it came out nowhere']);
  assert.match(found(undefined, result(), errorRecord())[0] ?? '', /came out twice/);
  const foreign = errorRecord({ headers: own(['millrace-source', 'in/0/8']) });
  assert.match(found(undefined, result(), foreign)[0] ?? '', /in\/0\/8, which nobody wrote/);
});

test('what is not the request any more is found', () => {
  const nothing = Buffer.alloc(0);
  assert.match(found(undefined, result({ key: null }))[0] ?? '', /another key/);
  assert.match(found(undefined, result({ headers: result().headers.slice(0, -1) }))[0] ?? '', /header/);
  assert.match(found(undefined, errorRecord({ value: nothing }))[0] ?? '', /another value/);
  assert.match(found(undefined, errorRecord({ key: nothing }))[0] ?? '', /another key/);
  assert.match(
    found(undefined, errorRecord({ headers: errorRecord().headers.slice(1) }))[0] ?? '',
    /2 of the request's 3/,
  );
  const changed = errorRecord().headers.map(([name, value]) => [name, value ?? nothing] as const);
  assert.match(found(undefined, errorRecord({ headers: changed }))[0] ?? '', /another header 1/);
});

test('faults of the program, and answers that are not those of the model, are found', () => {
  assert.match(found(undefined, errorRecord({}, 'INTERNAL'))[0] ?? '', /its code is INTERNAL/);
  assert.match(found(ANSWER, result({ value: Buffer.from('other') }))[0] ?? '', /not what its model answered/);
  assert.match(found(ANSWER, errorRecord())[0] ?? '', /its model answered well, and it became an error/);
  assert.deepEqual(found(ANSWER, errorRecord({}, 'MODEL_TIMEOUT')), []);
});
