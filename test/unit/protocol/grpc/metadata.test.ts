import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestMetadata } from '../../../../src/protocol/grpc/metadata.ts';
import { MAX_HEADERS } from '../../../../src/protocol/headers.ts';

const metadata = (...headers: readonly (readonly [string, string | Buffer])[]) =>
  requestMetadata(headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const));

test('names are in lower case, repeated ones stay, and proto-name goes along', () => {
  assert.deepEqual(metadata(['X-Foo', 'bar'], ['x-foo', 'baz'], ['proto-name', 'a.B'], ['Trace_Id.1', '']), {
    headers: ['x-foo', 'bar', 'x-foo', 'baz', 'proto-name', 'a.B', 'trace_id.1', ''],
    leftOut: 0,
  });
});

test('values of -bin names are base64 without padding', () => {
  assert.deepEqual(metadata(['Trace-Bin', Buffer.from([0, 1, 255, 10])]).headers, ['trace-bin', 'AAH/Cg']);
});

test('what gRPC and HTTP/2 write themselves is not passed on, and not counted', () => {
  const own = ['content-type', 'grpc-timeout', 'User-Agent', 'TE', 'Connection', 'Host', 'Seldon-Puid', 'grpc-status'];
  assert.deepEqual(metadata(...own.map((name) => [name, 'x'] as const)), { headers: [], leftOut: 0 });
});

test('what gRPC cannot carry is left out and counted', () => {
  const { headers, leftOut } = metadata(
    [':path', '/x'],
    ['a b', 'x'],
    ['', 'x'],
    ['ü', 'x'],
    ['a', 'é'],
    ['a', 'line\nbreak'],
    ['a', 'tab\there'],
    ['big', 'x'.repeat(9_000)],
    ['authorization', 'first'],
    ['Authorization', 'second'],
    ['ok', 'x'],
  );
  assert.deepEqual(headers, ['authorization', 'first', 'ok', 'x']);
  assert.equal(leftOut, 9);
});

test('there are no more than a server is sure to take', () => {
  const many = Array.from({ length: 200 }, (_, i) => [`h-${i}`, 'x'] as const);
  const { headers, leftOut } = metadata(...many);
  assert.equal(headers.length, 2 * MAX_HEADERS);
  assert.equal(leftOut, 200 - MAX_HEADERS);
});

test('whatever the headers of a record are, what comes out is legal', () => {
  const header = fc.tuple(
    fc.oneof(fc.string(), fc.constantFrom('x-bin', 'Date', 'te')),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.array(header), (pairs) => {
      const { headers } = requestMetadata(
        pairs.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const),
      );
      headers.forEach((text, at) => assert.match(text, at % 2 === 0 ? /^[0-9a-z_.-]+$/ : /^[\x20-\x7e]*$/));
    }),
  );
});
