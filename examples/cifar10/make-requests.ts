// Writes held-out images as requests, one JSON request a line, and what they show as labels, one a line:
//   node examples/cifar10/make-requests.ts --count 10000 --out requests.jsonl [--labels labels.txt] [--images FILE]
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { CIFAR10_TEST_IMAGES, cycleImages, readCifar10Images } from '../../src/dev/demo/cifar10-images.ts';
import { cifar10Request } from '../../src/dev/demo/cifar10-request.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1500' },
    out: { type: 'string' },
    labels: { type: 'string' },
    images: { type: 'string', default: CIFAR10_TEST_IMAGES },
  },
});
const count = Number(values.count);
if (!Number.isSafeInteger(count) || count < 1 || values.out === undefined) {
  process.stderr.write('usage: make-requests.ts --out FILE [--count N] [--labels FILE] [--images FILE]\n');
  process.exit(2);
}

const images = await readCifar10Images(values.images);
await writeLines(values.out, (image) => cifar10Request(image.pixels).toString('latin1'));
if (values.labels !== undefined) await writeLines(values.labels, (image) => image.className);

async function writeLines(file: string, line: (image: (typeof images)[number]) => string): Promise<void> {
  const lines = function* () {
    for (const image of cycleImages(images, count)) yield `${line(image)}\n`;
  };
  await pipeline(Readable.from(lines()), createWriteStream(file));
}
