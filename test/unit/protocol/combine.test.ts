import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MessageError } from '../../../src/protocol/message-error.ts';
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
  const bad = {
    'not json': "unexpected 'o' at byte 1",
    '': 'it is empty',
    '1,2': "unexpected ',' at byte 1",
    '{}]': "unexpected ']' at byte 2",
    '{"a":1': 'it ends too soon, at byte 6',
    '{"data":{"ndarray":[NaN]}}': "unexpected 'N' at byte 20",
    '[1,-Infinity]': "unexpected 'I' at byte 4",
    [`${'['.repeat(20_000)}${']'.repeat(20_000)}`]: 'nested deeper than 10000',
  };
  for (const [text, reason] of Object.entries(bad)) {
    assert.throws(
      () => combineMessages([answer('{}'), answer(text)]),
      (error) => error instanceof MessageError && error.message.includes('child 1') && error.message.includes(reason),
      text.slice(0, 40),
    );
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
