import assert from 'node:assert/strict';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  legalRecordHeader,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  MAX_HEADERS_BYTES,
  recordHeader,
  requestHeaders,
} from '../../../src/protocol/headers.ts';

const record = (...pairs: readonly [string | Buffer, string | Buffer][]) =>
  pairs.map(([name, value]) => [Buffer.from(name as string), Buffer.from(value as string)] as const);

test('legal headers go to the models, duplicates and order kept', () => {
  const { headers, leftOut } = requestHeaders(record(['x-two', 'a'], ['Foo', ''], ['x-two', 'b'], ['proto-name', 'p']));
  assert.deepEqual(headers, ['x-two', 'a', 'Foo', '', 'x-two', 'b', 'proto-name', 'p']);
  assert.equal(leftOut, 0);
});

test('what belongs to the connection or the payload is not forwarded, and not counted', () => {
  const names = ['Connection', 'HOST', 'content-length', 'Transfer-Encoding', 'Content-Type', 'content-type', 'Expect'];
  const more = ['Accept-Encoding', 'seldon-puid', 'Seldon-Puid', 'content-encoding', 'TE', 'Upgrade', 'keep-alive'];
  const result = requestHeaders(record(...[...names, ...more].map((name): [string, string] => [name, 'v'])));
  assert.deepEqual(result, { headers: [], leftOut: 0 });
});

test('what HTTP cannot carry is left out and counted', () => {
  const bad = record(['a b', 'v'], ['', 'v'], ['é', 'v'], ['a', 'l\nm'], ['a', '\0'], ['a:', 'v'], ['ok', '1']);
  assert.deepEqual(requestHeaders(bad), { headers: ['ok', '1'], leftOut: 6 });
});

test('limits', () => {
  const long = requestHeaders(record(['a', 'v'.repeat(MAX_HEADER_BYTES)], ['b', '1']));
  assert.deepEqual(long, { headers: ['b', '1'], leftOut: 1 });
  const many = requestHeaders(Array.from({ length: 200 }, () => record(['a', '1'])).flat());
  assert.deepEqual([many.headers.length, many.leftOut], [2 * MAX_HEADERS, 200 - MAX_HEADERS]);
  const big = requestHeaders(Array.from({ length: 10 }, () => record(['a', 'v'.repeat(7_000)])).flat());
  assert.ok(big.headers.join('').length <= MAX_HEADERS_BYTES && big.leftOut > 0);
});

test('UTF-8 values leave with the bytes they came with', () => {
  const [, value = ''] = requestHeaders(record(['x', 'grün €'])).headers;
  assert.equal(Buffer.from(value, 'latin1').toString(), 'grün €');
});

test('whatever bytes a record has, what is forwarded is legal for HTTP', () => {
  const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
  const name = fc.oneof(
    bytes,
    fc.constantFrom('Host', 'x-ok', 'Connection').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, bytes)), (pairs) => {
      const { headers, leftOut } = requestHeaders(pairs);
      assert.ok(headers.length / 2 + leftOut <= pairs.length);
      for (let i = 0; i < headers.length; i += 2) {
        validateHeaderName(headers[i] ?? '');
        validateHeaderValue(headers[i] ?? '', headers[i + 1] ?? '\0');
        assert.doesNotMatch(headers[i] ?? '', /^(host|connection|content-type|seldon-puid)$/i);
      }
    }),
  );
});

test('look-ups ignore case and take the first', () => {
  const headers = record(['x', '1'], ['SELDON-puid', 'p1'], ['Seldon-Puid', 'p2']);
  assert.equal(recordHeader(headers, 'Seldon-Puid'), 'p1');
  assert.equal(recordHeader(headers, 'other'), undefined);
  assert.equal(legalRecordHeader(record(['Seldon-Puid', 'a\r\nb']), 'Seldon-Puid'), undefined);
  assert.equal(legalRecordHeader(record(['Seldon-Puid', '']), 'Seldon-Puid'), undefined);
});
