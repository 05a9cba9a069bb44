import { MillraceError } from '../../base/errors.ts';
import { plural, sizeText } from '../amounts.ts';
import { RECORD_LIMIT_BYTES, type FileRecord } from './file-record.ts';

const PREFIX_BYTES = 4;

/**
 * The frames of a length-prefixed file: 4 bytes of size (big-endian), then the message, repeated. As many at a time as a chunk
 * completes; a frame that a chunk holds whole is not copied.
 *
 * @param name of the file, for messages
 * @throws MillraceError FRAME_TOO_LONG, FRAME_CUT_OFF; the frames before it are yielded first
 */
export async function* readFrames(
  name: string,
  chunks: AsyncIterable<Buffer>,
  limitBytes = RECORD_LIMIT_BYTES,
): AsyncGenerator<readonly FileRecord[]> {
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  /** Bytes that make the next step possible: a prefix, or a frame with its prefix. */
  let neededBytes = PREFIX_BYTES;
  let number = 1;
  let offset = 0;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) continue;
    const held = pieces.length === 1 ? chunk : Buffer.concat(pieces);
    const frames: FileRecord[] = [];
    let start = 0;
    neededBytes = PREFIX_BYTES;
    while (held.length - start >= PREFIX_BYTES) {
      const size = held.readUInt32BE(start);
      if (size > limitBytes) {
        if (frames.length > 0) yield frames;
        throw tooLong(name, number, offset + start, size, limitBytes);
      }
      const end = start + PREFIX_BYTES + size;
      if (end > held.length) {
        neededBytes = PREFIX_BYTES + size;
        break;
      }
      frames.push({ number: number++, bytes: held.subarray(start + PREFIX_BYTES, end) });
      start = end;
    }
    offset += start;
    pieces = start === held.length ? [] : [held.subarray(start)];
    heldBytes = held.length - start;
    if (frames.length > 0) yield frames;
  }
  if (heldBytes > 0) throw cutOff(name, number, offset, neededBytes, heldBytes);
}

/** A message with its size before it, as `readFrames` reads it. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 0);
  message.copy(frame, PREFIX_BYTES);
  return frame;
}

function tooLong(name: string, number: number, offset: number, size: number, limitBytes: number): MillraceError {
  const where = `${name}, frame ${number} (byte ${offset})`;
  return new MillraceError(`${where}: its size is given as ${sizeText(size)}, more than ${sizeText(limitBytes)}`, {
    code: 'FRAME_TOO_LONG',
    remedy: 'each message needs its size before it, in 4 bytes, big-endian; text files are --format json',
  });
}

function cutOff(name: string, number: number, offset: number, needed: number, held: number): MillraceError {
  const where = `${name}, frame ${number} (byte ${offset})`;
  const what =
    held < PREFIX_BYTES
      ? `the file ends after ${plural(held, 'byte')} of the size`
      : `the file ends after ${held - PREFIX_BYTES} of ${plural(needed - PREFIX_BYTES, 'byte')}`;
  return new MillraceError(`${where}: ${what}`, {
    code: 'FRAME_CUT_OFF',
    remedy: 'get the file again, or write the rest of it',
  });
}
