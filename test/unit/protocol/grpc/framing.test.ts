import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { messagePrefix, readFrame } from '../../../../src/protocol/grpc/framing.ts';
import { grpcMessage, grpcStatus, grpcStatusOfHttp } from '../../../../src/protocol/grpc/status.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';

test('a message comes back from its frame, without a copy', () => {
  const bytes = Buffer.concat([messagePrefix(3), Buffer.from('abc')]);
  assert.deepEqual([...bytes.subarray(0, 5)], [0, 0, 0, 0, 3]);
  const { message, compressed } = readFrame(bytes);
  assert.equal(message.toString(), 'abc');
  assert.equal(message.buffer, bytes.buffer);
  assert.equal(compressed, false);
  assert.equal(readFrame(Buffer.from([1, 0, 0, 0, 0])).compressed, true);
});

test('what is no single message says what it is', () => {
  const frame = (...bytes: number[]) => readFrame(Buffer.from(bytes));
  const refused = (pattern: RegExp) => (error: unknown) => error instanceof MessageError && pattern.test(error.message);
  assert.throws(() => frame(), refused(/no message/));
  assert.throws(() => frame(0, 0, 0), refused(/ends within the prefix/));
  assert.throws(() => frame(0, 0, 0, 0, 2, 1), refused(/cut short: 6 of 7/));
  assert.throws(() => frame(0, 255, 255, 255, 255, 1), refused(/cut short/));
  assert.throws(() => frame(0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0), refused(/more than one/));
  assert.throws(() => frame(0x3c, 0x68, 0x74, 0x6d, 0x6c), refused(/begins with the byte 60/));
});

test('codes have the names of gRPC', () => {
  for (const [name, code] of Object.entries(status)) {
    if (typeof code === 'number') assert.equal(grpcStatus(String(code)), name);
  }
  for (const strange of ['', '17', '-1', 'OK', '1e1', '0x2']) assert.equal(grpcStatus(strange), 'UNKNOWN');
});

test('an HTTP status without a gRPC one has a meaning', () => {
  assert.equal(grpcStatusOfHttp(503), 'UNAVAILABLE');
  assert.equal(grpcStatusOfHttp(404), 'UNIMPLEMENTED');
  assert.equal(grpcStatusOfHttp(500), 'UNKNOWN');
});

test('messages are percent-decoded, and broken escapes stay', () => {
  assert.equal(grpcMessage('plain'), 'plain');
  assert.equal(grpcMessage('caf%C3%A9 100%25'), 'café 100%');
  assert.equal(grpcMessage('50% of %zz %'), '50% of %zz %');
  assert.equal(grpcMessage('%FF'), '\ufffd');
});
