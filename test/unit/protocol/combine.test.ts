import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { combineMessages } from '../../../src/protocol/rest/combine.ts';

const answer = (body: string | Buffer, contentType = 'application/json', contentEncoding = '') => ({
  body: Buffer.from(body),
  contentType,
  contentEncoding,
});

test('answers become a list, byte for byte, with the type of the first', () => {
  const message = combineMessages([
    answer('{"a": 1.0}', 'application/x'),
    answer(' 2\n'),
    answer(gzipSync('[3]'), '', 'gzip'),
  ]);
  assert.equal(message.body.toString(), '[{"a": 1.0}, 2\n,[3]]');
  assert.deepEqual([message.contentType, message.contentEncoding], ['application/x', '']);
});

test('an answer that would break the list is refused', () => {
  for (const bad of ['not json', '', '1,2', '{}]', '{"a":1']) {
    assert.throws(() => combineMessages([answer('{}'), answer(bad)]), /child 1 is not JSON/, bad);
  }
});

test('any list of JSON values', () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { minLength: 1 }), (values) => {
      const list = JSON.parse(combineMessages(values.map((value) => answer(value))).body.toString()) as unknown;
      assert.deepEqual(
        list,
        values.map((value) => JSON.parse(value) as unknown),
      );
    }),
  );
});

test('answers with binary tensors cannot be combined, and the reason is told', () => {
  const answer = {
    body: Buffer.from('{}x'),
    contentType: 'application/octet-stream',
    contentEncoding: '',
    jsonLength: '2',
  };
  assert.throws(() => combineMessages([answer]), /the answer of child 0 has binary tensors behind its JSON/);
});
