import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, toBinary, create } from '@bufbuild/protobuf';
import { EmptySchema, StructSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { checkWire, WireCursor } from '../../../../src/protocol/grpc/wire/wire-cursor.ts';
import {
  bytesField,
  bytesTag,
  renamedEntry,
  stringField,
  varint,
} from '../../../../src/protocol/grpc/wire/wire-fields.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';

const refuses = (bytes: Buffer) => {
  try {
    checkWire(bytes);
    return false;
  } catch (error) {
    assert.ok(error instanceof MessageError, String(error));
    return true;
  }
};

// A message without fields: everything is unknown, so decoding it is the same walk.
const decoderRefuses = (bytes: Buffer) => {
  try {
    fromBinary(EmptySchema, bytes);
    return false;
  } catch {
    return true;
  }
};

/** Bytes that are often nearly a message: small tags, lengths, groups. */
const nearlyMessages = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.constantFrom([0x0a, 1, 0], [0x0b, 0x0c], [0x13, 8, 1, 0x14], [0x0d, 1, 2, 3, 4], [9, 1, 2, 3, 4, 5, 6, 7, 8]),
      fc.constantFrom([8, 0x80, 0x80, 1], [0x0a, 0x7f], [0x0c], [0x0f], [0], [8]),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));

test('the scan refuses what the decoder refuses, and nothing else', () => {
  fc.assert(
    fc.property(nearlyMessages, (bytes) => assert.equal(refuses(bytes), decoderRefuses(bytes))),
    { numRuns: 5_000 },
  );
});

test('the fields of a message, put together again, are the message', () => {
  fc.assert(
    fc.property(nearlyMessages, (bytes) => {
      fc.pre(!decoderRefuses(bytes));
      const parts: Buffer[] = [];
      const fields = new WireCursor(bytes);
      while (fields.next()) parts.push(fields.whole);
      assert.deepEqual(Buffer.concat(parts), bytes);
    }),
    { numRuns: 2_000 },
  );
});

test('a message that is cut short anywhere is refused, or is a message too', () => {
  const whole = Buffer.from(toBinary(StructSchema, create(StructSchema, { fields: { a: { kind: { case: 'stringValue', value: 'text' } } } }))); // prettier-ignore
  for (let length = 1; length < whole.length; length++) {
    assert.equal(refuses(whole.subarray(0, length)), true, `${length} bytes`);
  }
});

test('hostile bytes cost an error: endless varints, groups in groups, lengths beyond the end', () => {
  const hostile = [
    Buffer.alloc(1_000_000, 0x0b),
    Buffer.alloc(64, 0x80),
    Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
    Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
    Buffer.from([0x0c]),
    Buffer.from([0x0b, 0x14]),
    Buffer.from([0, 0]),
    Buffer.from([0x0e]),
  ];
  for (const bytes of hostile) assert.equal(refuses(bytes), true);
});

test('a scan costs as much for a large field as for a small one', () => {
  const large = Buffer.concat(bytesField(2, Buffer.alloc(200 * 1024 * 1024)));
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    checkWire(large);
    return performance.now() - begun;
  });
  assert.ok(Math.min(...times) < 10, `${times.join(', ')} ms`);
});

test('varints are those of protobuf', () => {
  assert.deepEqual([...varint(0)], [0]);
  assert.deepEqual([...varint(300)], [0xac, 2]);
  assert.deepEqual([...varint(2 ** 35)], [0x80, 0x80, 0x80, 0x80, 0x80, 1]);
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const fields = new WireCursor(Buffer.concat([Buffer.from([8]), varint(value)]));
      assert.ok(fields.next());
      assert.equal(fields.end, 1 + varint(value).length);
      assert.equal(fields.next(), false);
    }),
  );
});

test('a long tag is read and kept', () => {
  // Field 2 with a tag in two bytes, as no encoder writes it and every decoder takes it.
  const fields = new WireCursor(Buffer.from([0x92, 0x00, 1, 0x41]));
  assert.ok(fields.next());
  assert.ok(fields.isBytes(2));
  assert.equal(fields.value.toString(), 'A');
  assert.deepEqual([...Buffer.concat([bytesTag(1), fields.untagged])], [0x0a, 1, 0x41]);
});

test('an entry gets another key and keeps its value, also when the key comes last or not at all', () => {
  const rename = (key: string) => `0/${key}`;
  const value = Buffer.concat(bytesField(2, Buffer.from('value')));
  const expected = Buffer.concat([...stringField(1, '0/y'), value]);
  assert.deepEqual(Buffer.concat(renamedEntry(Buffer.concat([...stringField(1, 'y'), value]), rename)), expected);
  assert.deepEqual(Buffer.concat(renamedEntry(Buffer.concat([value, ...stringField(1, 'y')]), rename)), expected);
  assert.deepEqual(Buffer.concat(renamedEntry(value, rename)), Buffer.concat([...stringField(1, '0/'), value]));
});
