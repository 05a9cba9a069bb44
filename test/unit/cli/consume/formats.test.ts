import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ErrorFormat } from '../../../../src/cli/consume/formats/error-format.ts';
import { FrameFormat } from '../../../../src/cli/consume/formats/frame-format.ts';
import { JsonFormat } from '../../../../src/cli/consume/formats/json-format.ts';
import { PrettyFormat } from '../../../../src/cli/consume/formats/pretty-format.ts';
import type { RecordFormat } from '../../../../src/cli/consume/formats/record-format.ts';
import { ValueFormat } from '../../../../src/cli/consume/formats/value-format.ts';
import { inputRecord, type RecordContent } from './input-record.ts';

const show = (format: RecordFormat, content: RecordContent) => format.format(inputRecord(content)).toString();

test('value: text as it is, one a line; JSON over several lines becomes one', () => {
  const format = new ValueFormat(false);
  assert.equal(show(format, { value: '{"a": "é\\n"}' }), '{"a": "é\\n"}\n');
  assert.equal(show(format, { value: '{\r\n  "a": 1\n}\n' }), '{   "a": 1 } \n');
  assert.equal(show(format, { value: null }), '\n');
  assert.equal(show(format, { value: 'tab\t\x1b' }), 'tab\t\x1b\n');
  assert.deepEqual(format.remarks(), []);
  assert.equal(show(format, { value: 'two\nlines' }), 'two\nlines\n');
  assert.deepEqual(format.remarks(), ['1 value of several lines; --format json keeps them apart']);
});

test('value: protobuf and other bytes are base64, and that is said', () => {
  const format = new ValueFormat(false);
  assert.equal(show(format, { value: Buffer.from([0xff, 0]) }), '/wA=\n');
  assert.equal(show(format, { value: 'abc', headers: [['Proto-Name', 'a.B']] }), 'YWJj\n');
  assert.deepEqual(format.remarks(), [
    '1 value that is no text written as base64; --format protobuf writes the bytes, framed',
    '1 value of type a.B written as base64; --format protobuf writes the bytes, framed',
  ]);
});

test('value: on a terminal control characters are written out', () => {
  assert.equal(show(new ValueFormat(true), { value: '\x1b[2J\tx' }), '\\x1b[2J\\tx\n');
});

test('json: everything there is of a record, bytes under a name that says so', () => {
  const line = show(new JsonFormat(), {
    key: 'k',
    value: Buffer.from([0xff]),
    headers: [['a', '1'], ['a', null], ['b', Buffer.from([0xfe])]], // prettier-ignore
  });
  assert.deepEqual(JSON.parse(line), {
    topic: 'requests',
    partition: 2,
    offset: 17,
    timestamp: '2026-01-02T03:04:05.006Z',
    key: 'k',
    headers: [['a', '1'], ['a', null], ['b', { base64: '/g==' }]], // prettier-ignore
    value: { base64: '/w==' },
  });
});

test('json: any record is one line that reads back exactly and holds no control characters', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.option(fc.string({ unit: 'binary' })), (bytes, key) => {
      const line = show(new JsonFormat(), { value: Buffer.from(bytes), key, timestampMs: -1 });
      assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
      const read = JSON.parse(line) as { key: unknown; timestamp: unknown; value: string | { base64: string } };
      const value = typeof read.value === 'string' ? Buffer.from(read.value) : Buffer.from(read.value.base64, 'base64');
      assert.deepEqual(value, Buffer.from(bytes));
      assert.equal(read.key, key);
      assert.equal(read.timestamp, null);
    }),
  );
});

test('pretty: place, time, key, headers and the start of the value', () => {
  const shown = show(new PrettyFormat(), { key: 'user-1', value: '{"a":1}', headers: [['seldon-puid', 'abc']] });
  assert.equal(shown, '2/17  2026-01-02T03:04:05.006Z  key user-1\n  seldon-puid: abc\n  {"a":1}\n\n');
  const long = show(new PrettyFormat(), { key: '', value: 'x'.repeat(5000), timestampMs: -1 });
  assert.equal(long, `2/17  (no time)  key (empty)\n  ${'x'.repeat(600)}…\n\n`);
  assert.match(show(new PrettyFormat(), { value: null }), /\n {2}\(no value\)\n/);
  const protobuf = show(new PrettyFormat(), { value: 'ab', headers: [['proto-name', 'a.B']] });
  assert.match(protobuf, /\n {2}2 bytes of protobuf, 0x6162\n/);
});

const ERROR = [
  ['seldon-puid', 'abc'],
  ['millrace-error-code', 'MODEL_STATUS'],
  ['millrace-error-message', 'the model said no'],
  ['millrace-error-node', 'classifier'],
  ['millrace-error-attempts', '3'],
  ['millrace-error-status', '503'],
  ['millrace-error-response', '{"error":"\x1b[31m"}'],
  ['millrace-error-time', '2026-01-01T00:00:00.000Z'],
  ['millrace-source', 'requests/0/17'],
] as const;

test('errors: what went wrong, and with what', () => {
  const shown = show(new ErrorFormat(), { key: 'user-1', value: '{"instances":[1]}', headers: ERROR });
  assert.equal(
    shown,
    `2/17  2026-01-01T00:00:00.000Z  MODEL_STATUS
  what     the model said no
  node     classifier
  attempts 3
  status   503
  answer   {"error":"\\x1b[31m"}
  source   requests/0/17
  key      user-1
  header   seldon-puid: abc
  value    {"instances":[1]}

`,
  );
  const bare = show(new ErrorFormat(), { headers: [...ERROR, ['millrace-error-value-left-out', '99 bytes']] });
  assert.match(bare, /value {4}\(left out, 99 bytes: the topic takes none so large\)/);
});

test('errors: a record that is none is named as such', () => {
  const format = new ErrorFormat();
  assert.equal(show(format, { value: '{}' }), '2/17  is no error record\n\n');
  assert.match(format.remarks()[0] ?? '', /^1 record without the headers of an error record/);
});

test('protobuf: frames; a record without a value is left out and told', () => {
  const format = new FrameFormat();
  assert.deepEqual(format.format(inputRecord({ value: 'ab' })), Buffer.from([0, 0, 0, 2, 97, 98]));
  assert.deepEqual(format.format(inputRecord({ value: null })), Buffer.alloc(0));
  assert.deepEqual(format.remarks(), ['1 record without a value left out']);
});
