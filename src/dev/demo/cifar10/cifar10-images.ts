import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { errorText, MillraceError } from '../../../base/errors.ts';

/** CIFAR-10's classes in its order; a label is an index into them. */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** Width and height of an image, pixels. */
export const CIFAR10_SIZE = 32;

/** The held-out images of examples/cifar10. */
const CIFAR10_TEST_IMAGES = fileURLToPath(new URL('../../../../examples/cifar10/test-images.bin.gz', import.meta.url));

export interface Cifar10Image {
  readonly index: number;
  readonly label: number;
  readonly className: string;
  /** Row by row, red, green and blue of each pixel in turn: 3072 bytes. */
  readonly pixels: Uint8Array;
}

const PLANE_BYTES = CIFAR10_SIZE * CIFAR10_SIZE;
const RECORD_BYTES = 1 + 3 * PLANE_BYTES;
const GZIP_MAGIC = 0x1f8b;
/** The largest file of the real data set holds 10,000 images. */
const MAX_FILE_BYTES = 60_000 * RECORD_BYTES;

/**
 * Reads a file in CIFAR-10's binary layout (one label byte, then a plane each of red, green and blue), plain or gzip.
 *
 * @throws MillraceError when the file cannot be read or is not such a file
 */
export async function readCifar10Images(file = CIFAR10_TEST_IMAGES): Promise<readonly Cifar10Image[]> {
  const bytes = await readBytes(file);
  if (bytes.length === 0 || bytes.length % RECORD_BYTES !== 0) {
    throw unreadable(file, `its ${bytes.length} bytes are not images of ${RECORD_BYTES} bytes each`);
  }
  return Array.from({ length: bytes.length / RECORD_BYTES }, (_, index) => {
    const record = bytes.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES);
    const label = record[0] ?? 0;
    const className = CIFAR10_CLASSES[label];
    if (className === undefined) throw unreadable(file, `image ${index} has the label ${label}, and labels go to 9`);
    return { index, label, className, pixels: interleaved(record.subarray(1)) };
  });
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const bytes = await readFile(file);
    const packed = bytes.length > 2 && bytes.readUInt16BE(0) === GZIP_MAGIC;
    return packed ? gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES }) : bytes;
  } catch (error) {
    throw unreadable(file, errorText(error), error);
  }
}

function unreadable(file: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(`the images ${file} cannot be read: ${why}`, {
    code: 'IMAGES_UNREADABLE',
    remedy: "give a file in CIFAR-10's binary layout, such as examples/cifar10/test-images.bin.gz",
    cause,
  });
}

function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < PLANE_BYTES; i++) pixels[3 * i + channel] = planes[channel * PLANE_BYTES + i] ?? 0;
  }
  return pixels;
}
