import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { CIFAR10_CLASSES, readCifar10Images } from '../../../../src/dev/demo/cifar10/cifar10-images.ts';
import { cifar10Request } from '../../../../src/dev/demo/cifar10/cifar10-request.ts';
import { colourDepth, thumbnail } from '../../../../src/dev/demo/cifar10/thumbnail.ts';
import { framed, predictRequest } from '../../../../examples/cifar10/predict-request.ts';
import { EXAMPLES } from '../model-server/served-model.ts';

const images = await readCifar10Images();

test('the committed pictures: 1,500, of each class as many', () => {
  assert.equal(images.length, 1500);
  for (const [label, name] of CIFAR10_CLASSES.entries()) {
    const those = images.filter((image) => image.label === label);
    assert.equal(those.length, 150);
    assert.ok(those.every(({ className, pixels }) => className === name && pixels.length === 3072));
  }
});

test('the planes of the file become pixels, plain or packed', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-images-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'one.bin');
  const record = Buffer.alloc(3073, 1);
  record[0] = 9;
  record[1 + 1] = 10;
  record[1 + 1024 + 1] = 20;
  record[1 + 2048 + 1] = 30;
  writeFileSync(file, record);
  const [image] = await readCifar10Images(file);
  assert.deepEqual([image?.className, ...(image?.pixels.subarray(0, 7) ?? [])], ['truck', 1, 1, 1, 10, 20, 30, 1]);
  for (const bad of [Buffer.alloc(0), record.subarray(1), Buffer.alloc(3073, 10)]) {
    writeFileSync(file, bad);
    await assert.rejects(readCifar10Images(file), MillraceError);
  }
  await assert.rejects(readCifar10Images(join(directory, 'none')), /cannot be read: ENOENT/);
});

test('a request holds every pixel, from 0 to 1, to half a brightness step', () => {
  const pixels = Uint8Array.from({ length: 3072 }, (_, i) => i % 256);
  const request = cifar10Request(pixels);
  const { instances } = JSON.parse(request.toString()) as { instances: number[][][][] };
  const [rows] = instances;
  assert.deepEqual([instances.length, rows?.length, rows?.[31]?.length, rows?.[31]?.[31]?.length], [1, 32, 32, 3]);
  const values = rows?.flat(2) ?? [];
  assert.equal(values.length, 3072);
  values.forEach((value, i) => assert.equal(Math.round(value * 255), pixels[i]));
  assert.ok(request.length < 21_000);
});

test('requests.jsonl, requests.proto.bin and labels.txt are the first pictures', () => {
  const lines = (name: string) =>
    readFileSync(join(EXAMPLES, 'cifar10', name), 'utf8')
      .trimEnd()
      .split('\n');
  const first = images.slice(0, 20);
  assert.deepEqual(
    lines('requests.jsonl'),
    first.map(({ pixels }) => cifar10Request(pixels).toString()),
  );
  assert.deepEqual(
    readFileSync(join(EXAMPLES, 'cifar10/requests.proto.bin')),
    Buffer.concat(first.map(({ pixels }) => framed(predictRequest(pixels)))),
  );
  assert.deepEqual(
    lines('labels.txt'),
    first.map(({ className }) => className),
  );
});

test('a thumbnail has half the lines, colours for both halves, and brightness where there is no colour', () => {
  const pixels = new Uint8Array(3072).fill(0);
  for (let row = 1; row < 32; row += 2) pixels.fill(255, row * 96, (row + 1) * 96);
  const lines = thumbnail(pixels, 24);
  assert.equal(lines.length, 16);
  assert.equal(lines[0], `\u001b[38;2;0;0;0;48;2;255;255;255m${'▀'.repeat(32)}\u001b[0m`);
  assert.equal(thumbnail(pixels, 8, 8)[0], `\u001b[38;5;145;48;5;145m${'▀'.repeat(8)}\u001b[0m`);
  const half = new Uint8Array(3072).fill(0);
  half.fill(255, 1536);
  const plain = thumbnail(half, 1, 16);
  assert.deepEqual([plain.length, plain[0], plain[7]], [8, ' '.repeat(16), '@'.repeat(16)]);
});

test('colour only where a terminal shows it and NO_COLOR does not forbid it', () => {
  const terminal = (depth: number) => ({ isTTY: true, getColorDepth: () => depth });
  assert.equal(colourDepth(terminal(24), {}), 24);
  assert.equal(colourDepth(terminal(8), {}), 8);
  assert.equal(colourDepth(terminal(4), {}), 1);
  assert.equal(colourDepth(terminal(24), { NO_COLOR: '1' }), 1);
  assert.equal(colourDepth({ isTTY: false, getColorDepth: () => 24 }, {}), 1);
});
