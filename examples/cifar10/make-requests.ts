// Writes held-out images as requests, and what they show as labels, one a line:
//   node examples/cifar10/make-requests.ts --count 10000 --out requests.jsonl [--labels labels.txt] [--images FILE]
// JSON, one request a line; with --format protobuf PredictRequests, each behind its size.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import {
  CIFAR10_TEST_IMAGES,
  cycleImages,
  readCifar10Images,
  type Cifar10Image,
} from '../../src/dev/demo/cifar10/cifar10-images.ts';
import { cifar10Request } from '../../src/dev/demo/cifar10/cifar10-request.ts';
import { framed, predictRequest } from './predict-request.ts';

const USAGE =
  'usage: make-requests.ts --out FILE [--count N] [--format json|protobuf] [--labels FILE] [--images FILE]\n';

const FORMATS: Readonly<Record<string, (image: Cifar10Image) => Buffer>> = {
  json: ({ pixels }) => Buffer.concat([cifar10Request(pixels), Buffer.from('\n')]),
  protobuf: ({ pixels }) => framed(predictRequest(pixels)),
};

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1500' },
    format: { type: 'string', default: 'json' },
    out: { type: 'string' },
    labels: { type: 'string' },
    images: { type: 'string', default: CIFAR10_TEST_IMAGES },
  },
});
const count = Number(values.count);
const format = Object.hasOwn(FORMATS, values.format) ? FORMATS[values.format] : undefined;
if (!Number.isSafeInteger(count) || count < 1 || values.out === undefined || format === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const images = await readCifar10Images(values.images);
await write(values.out, format);
if (values.labels !== undefined) await write(values.labels, ({ className }) => Buffer.from(`${className}\n`));

async function write(file: string, entry: (image: Cifar10Image) => Buffer): Promise<void> {
  const entries = function* () {
    for (const image of cycleImages(images, count)) yield entry(image);
  };
  await pipeline(Readable.from(entries()), createWriteStream(file));
}
