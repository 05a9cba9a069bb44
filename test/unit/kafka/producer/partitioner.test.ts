import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { murmur2 as libraryMurmur2 } from '@platformatic/kafka';
import { murmur2, Partitioner } from '../../../../src/kafka/producer/partitioner.ts';

// From the tests of Apache Kafka's Java client.
const VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

for (const [text, hash] of VECTORS) {
  test(`murmur2 of '${text}' is Java's`, () => {
    assert.equal(murmur2(Buffer.from(text)), hash);
  });
}

test('murmur2 agrees with the client library on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const key = Buffer.from(bytes);
      // The library's is unsigned after the sign bit is taken off, as partitions are chosen.
      assert.equal(murmur2(key) & 0x7fffffff, libraryMurmur2(key) & 0x7fffffff);
    }),
    { numRuns: 1_000 },
  );
});

test("'murmur2' puts a key where Java's producer puts it, and takes turns without a key", () => {
  const partitioner = new Partitioner('murmur2');
  for (const [text, hash] of VECTORS) {
    assert.equal(partitioner.pick(Buffer.from(text), 7, 3), (hash & 0x7fffffff) % 7);
  }
  const spread = Array.from({ length: 12 }, () => partitioner.pick(null, 4, 0));
  for (let partition = 0; partition < 4; partition++) {
    assert.equal(spread.filter((one) => one === partition).length, 3);
  }
  const empty = Buffer.alloc(0);
  assert.equal(partitioner.pick(empty, 64, 0), partitioner.pick(empty, 64, 1), 'an empty key is a key');
});

test("'crc32' puts a key where librdkafka puts it, and spreads empty keys too", () => {
  const partitioner = new Partitioner('crc32');
  // The check value of CRC-32.
  assert.equal(partitioner.pick(Buffer.from('123456789'), 1_000, 0), 0xcbf43926 % 1_000);
  const spread = new Set(Array.from({ length: 8 }, () => partitioner.pick(Buffer.alloc(0), 4, 0)));
  assert.deepEqual([...spread].sort(), [0, 1, 2, 3]);
});

test("'input' keeps the partition, folded where the output has fewer", () => {
  const partitioner = new Partitioner('input');
  assert.equal(partitioner.pick(Buffer.from('k'), 8, 5), 5);
  assert.equal(partitioner.pick(null, 8, 5), 5);
  assert.equal(partitioner.pick(null, 4, 5), 1);
});

test('every choice is a partition of the topic', () => {
  const name = fc.constantFrom('murmur2' as const, 'crc32' as const, 'input' as const);
  const key = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
  fc.assert(
    fc.property(name, key, fc.integer({ min: 1, max: 1_000 }), fc.nat({ max: 1_000 }), (kind, bytes, count, input) => {
      const picked = new Partitioner(kind).pick(bytes === null ? null : Buffer.from(bytes), count, input);
      assert.ok(Number.isInteger(picked) && picked >= 0 && picked < count);
    }),
  );
});
