import { MillraceError } from '../../base/errors.ts';
import { sizeText } from '../amounts.ts';
import { RECORD_LIMIT_BYTES, type FileRecord } from './file-record.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a text, without their ends (`\n` or `\r\n`) and without a byte order mark; lines of nothing but white space are
 * left out (their numbers count). As many at a time as a chunk completes.
 *
 * @param name of the file, for messages
 * @throws MillraceError LINE_TOO_LONG
 */
export async function* readLines(
  name: string,
  chunks: AsyncIterable<Buffer>,
  limitBytes = RECORD_LIMIT_BYTES,
): AsyncGenerator<readonly FileRecord[]> {
  let pieces: Buffer[] = [];
  let piecesBytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    const lines: FileRecord[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      add(lines, number++, pieces.length === 0 ? tail : Buffer.concat([...pieces, tail]));
      pieces = [];
      piecesBytes = 0;
      start = end + 1;
    }
    if (lines.length > 0) yield lines;
    if (start === chunk.length) continue;
    pieces.push(chunk.subarray(start));
    piecesBytes += chunk.length - start;
    if (piecesBytes > limitBytes) {
      throw new MillraceError(`${name}, line ${number}: is longer than ${sizeText(limitBytes)}`, {
        code: 'LINE_TOO_LONG',
        remedy: 'write one request a line; --format protobuf reads length-prefixed frames',
      });
    }
  }
  const last: FileRecord[] = [];
  add(last, number, Buffer.concat(pieces));
  if (last.length > 0) yield last;
}

function add(lines: FileRecord[], number: number, line: Buffer): void {
  let bytes = line.at(-1) === RETURN ? line.subarray(0, -1) : line;
  if (number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
  if (!isBlank(bytes)) lines.push({ number, bytes });
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== RETURN) return false;
  return true;
}
