import { errorText, MillraceError } from '../../../base/errors.ts';
import type { ExampleRequest } from '../../../dev/example/example-ledger.ts';
import type { ExampleRequests } from '../../../dev/example/example.ts';
import { encodeMessage } from '../../../dev/graph-test/protobuf/message-json.ts';
import type { FileRecord } from '../../records/file-record.ts';
import { readFrames } from '../../records/frames.ts';
import { InputFile } from '../../records/input-file.ts';
import { readLines } from '../../records/lines.ts';

/** A demo shows a graph; for load there is 'millrace produce'. */
const MAX_REQUESTS = 10_000;

/**
 * The requests of an example, each with a key of its own.
 *
 * @throws MillraceError for a file that cannot be read, holds none or too many, or a line that is not the message it should be
 */
export async function readRequests(
  { file, format, protoName }: ExampleRequests,
  signal: AbortSignal,
): Promise<readonly ExampleRequest[]> {
  const input = await InputFile.find(file);
  const records: FileRecord[] = [];
  const chunks = input.chunks(signal);
  for await (const some of format === 'json' ? readLines(input.name, chunks) : readFrames(input.name, chunks)) {
    records.push(...some);
    if (records.length > MAX_REQUESTS) throw countError(`${file} holds more than ${MAX_REQUESTS} requests`);
  }
  signal.throwIfAborted();
  if (records.length === 0) throw countError(`${file} holds no requests`);
  const width = String(records.length).length;
  return records.map((record, index) => {
    const key = `request-${String(index + 1).padStart(width, '0')}`;
    const encode = format === 'json' && protoName !== undefined;
    return { key, value: encode ? encoded(record, file, protoName) : record.bytes };
  });
}

function encoded({ number, bytes }: FileRecord, file: string, protoName: string): Buffer {
  try {
    return encodeMessage(protoName, JSON.parse(bytes.toString()));
  } catch (cause) {
    throw new MillraceError(`${file}, line ${number}: ${errorText(cause)}`, {
      code: 'DEMO_REQUEST_INVALID',
      remedy: `write one ${protoName} a line, as protobuf's JSON`,
      cause,
    });
  }
}

function countError(what: string): MillraceError {
  return new MillraceError(what, { code: 'DEMO_REQUESTS', remedy: `give 1 to ${MAX_REQUESTS} requests` });
}
