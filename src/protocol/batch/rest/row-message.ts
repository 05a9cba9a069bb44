import type { ArrayElements } from '../../json/array-elements.ts';
import type { ByteRange } from '../../json/object-members.ts';
import { MessageError } from '../../message-error.ts';

/** An array of a JSON message whose elements belong to rows: `perRow` of them to each. */
export interface RowArray {
  readonly elements: ArrayElements;
  readonly perRow: number;
}

/** A JSON message whose tensors share their first axis, with the places in its bytes that depend on the number of rows. */
export interface RowMessage {
  readonly body: Buffer;
  readonly rows: number;
  readonly arrays: readonly RowArray[];
  /** Where shapes say the number of rows. */
  readonly dimensions: readonly ByteRange[];
  /** Where the message has its id, which the answer repeats; undefined without one. */
  readonly id: ByteRange | undefined;
}

interface Edit extends ByteRange {
  readonly by: string | Buffer;
}

/** All that the message says beside its rows, as a text to compare. */
export function outline(message: RowMessage): string {
  const cuts = [...contents(message), ...message.dimensions, ...(message.id ? [message.id] : [])];
  return edited(message.body, cuts.map(({ start, end }) => ({ start, end, by: '' }))).toString('latin1'); // prettier-ignore
}

/** The first message with the rows of all of them. Their outlines are the same. */
export function mergeRows(messages: readonly RowMessage[]): Buffer {
  const [first] = messages;
  if (first === undefined) throw new RangeError('nothing to merge');
  const rows = messages.reduce((sum, message) => sum + message.rows, 0);
  const arrays = contents(first).map(({ start, end }, index) => {
    const parts = messages.flatMap((message) => {
      const own = contents(message)[index];
      return own === undefined || own.start === own.end ? [] : [COMMA, message.body.subarray(own.start, own.end)];
    });
    return { start, end, by: Buffer.concat(parts.slice(1)) };
  });
  const dimensions = first.dimensions.map(({ start, end }) => ({ start, end, by: String(rows) }));
  return edited(first.body, [...arrays, ...dimensions]);
}

/**
 * The answer in as many messages as there were requests, each with the rows of its request, and its id where both have one.
 *
 * @throws MessageError when the answer has another number of rows
 */
export function splitRows(answer: RowMessage, requests: readonly RowMessage[]): readonly Buffer[] {
  const asked = requests.reduce((sum, request) => sum + request.rows, 0);
  if (answer.rows !== asked) {
    throw new MessageError(`it has ${answer.rows} rows for a batch of ${requests.length} requests with ${asked} rows`);
  }
  let from = 0;
  return requests.map((request) => {
    const to = from + request.rows;
    const arrays = answer.arrays.map((array, index) => {
      const { start, end } = contents(answer)[index] ?? NOWHERE;
      return { start, end, by: rowsOf(answer.body, array, from, to) };
    });
    const dimensions = answer.dimensions.map(({ start, end }) => ({ start, end, by: String(request.rows) }));
    const id = answer.id && request.id && { ...answer.id, by: request.body.subarray(request.id.start, request.id.end) };
    from = to;
    return edited(answer.body, [...arrays, ...dimensions, ...(id ? [id] : [])]);
  });
}

const COMMA = Buffer.from(',');
const NOTHING = Buffer.alloc(0);
const NOWHERE: ByteRange = { start: 0, end: 0 };

/** From the first element to the last one of each array. An empty array has nothing to cut, at its closing bracket. */
function contents(message: RowMessage): readonly ByteRange[] {
  return message.arrays.map(({ elements: { ranges, end } }) => ({
    start: ranges[0] ?? end - 1,
    end: ranges.at(-1) ?? end - 1,
  }));
}

function rowsOf(body: Buffer, { elements, perRow }: RowArray, from: number, to: number): Buffer {
  const start = elements.ranges[from * perRow * 2];
  const end = elements.ranges[to * perRow * 2 - 1];
  return start === undefined || end === undefined || perRow === 0 ? NOTHING : body.subarray(start, end);
}

function edited(body: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, by } of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(body.subarray(from, start), typeof by === 'string' ? Buffer.from(by) : by);
    from = end;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}
