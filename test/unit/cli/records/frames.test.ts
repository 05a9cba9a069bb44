import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { framed, readFrames } from '../../../../src/cli/records/frames.ts';
import { inPieces } from './pieces.ts';

async function frames(chunks: AsyncIterable<Buffer>, into: Buffer[] = [], limit?: number): Promise<Buffer[]> {
  for await (const records of readFrames('a.bin', chunks, limit)) {
    for (const { number, bytes } of records) {
      into.push(bytes);
      assert.equal(number, into.length);
    }
  }
  return into;
}

test('a frame is its size in four bytes, most significant first, and the message', () => {
  assert.deepEqual(framed(Buffer.from('abc')), Buffer.from([0, 0, 0, 3, 97, 98, 99]));
});

test('messages come back byte by byte, however they arrive', async () => {
  const message = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.array(message), fc.array(fc.nat(300)), async (messages, cuts) => {
      assert.deepEqual(await frames(inPieces(Buffer.concat(messages.map(framed)), cuts)), messages);
    }),
  );
});

test('a file that ends within a frame gives the frames before it, and then says where it ends', async () => {
  const whole = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('second'))]);
  for (const [length, message] of [
    [whole.length - 2, 'a.bin, frame 2 (byte 7): the file ends after 4 of 6 bytes'],
    [9, 'a.bin, frame 2 (byte 7): the file ends after 2 bytes of the size'],
  ] as const) {
    for (const cuts of [[], [1, 2, 3, 5, 8]]) {
      const found: Buffer[] = [];
      await assert.rejects(frames(inPieces(whole.subarray(0, length), cuts), found), { message });
      assert.deepEqual(found.map(String), ['one']);
    }
  }
});

test('a size over the limit is refused before anything of that size is gathered', async () => {
  const found: Buffer[] = [];
  const file = Buffer.concat([framed(Buffer.from('one')), Buffer.from('{"instances": [1]}')]);
  await assert.rejects(frames(inPieces(file, []), found, 1000), {
    message: 'a.bin, frame 2 (byte 7): its size is given as 2.1 GB, more than 1.0 kB',
  });
  assert.deepEqual(found.map(String), ['one']);
});
