import { readableBody } from '../gunzip.ts';
import { HEADER } from '../headers.ts';
import { ObjectCursor } from '../json/object-cursor.ts';
import { notJson, skipSpace } from '../json/skip-value.ts';
import { MessageError } from '../message-error.ts';
import type { Payload, Protocol } from '../payload.ts';

interface Shape {
  /** Keys of a request. */
  readonly request: readonly string[];
  /** Key of an answer that a request can be made of, and what it is called there. */
  readonly answer: string;
  readonly renamed: Buffer;
}

const SHAPES: Readonly<Record<Exclude<Protocol, 'seldon'>, Shape>> = {
  tensorflow: { request: ['instances', 'inputs'], answer: 'predictions', renamed: Buffer.from('"instances"') },
  v2: { request: ['inputs'], answer: 'outputs', renamed: Buffer.from('"inputs"') },
};

/**
 * Makes the message for a transform-input, predict or transform-output call of what has come so far: a request is passed on as it
 * is, an answer becomes a request by renaming one top-level key (Seldon Core 1's rule). Reading ends at the key that shows it to
 * be a request; a rename replaces the key in the bytes, so numbers, spaces and the order of keys stay as they were. So do binary
 * tensors behind the JSON.
 *
 * @throws MessageError for what is neither
 */
export function chainMessage(protocol: Protocol, payload: Payload): Payload {
  if (protocol === 'seldon') return payload;
  const shape = SHAPES[protocol];
  const whole = readableBody(payload);
  const jsonLength = jsonLengthOf(payload, whole.length);
  const body = whole.subarray(0, jsonLength);
  const keys = answerKeys(body, shape);
  if (keys === undefined) return payload;
  if (keys.length === 0) {
    throw new MessageError(
      `it has neither ${shape.request.map(quoted).join(' nor ')}, nor ${quoted(shape.answer)} to make it of`,
    );
  }
  const renamed = replaceEach(body, keys, shape.renamed);
  const { contentType } = payload;
  if (jsonLength === undefined) return { body: renamed, contentType, contentEncoding: '' };
  const withTensors = Buffer.concat([renamed, whole.subarray(jsonLength)]);
  return { body: withTensors, contentType, contentEncoding: '', jsonLength: String(renamed.length) };
}

/** Where binary tensors begin behind the JSON; undefined where there are none. */
function jsonLengthOf({ jsonLength: text }: Payload, sizeBytes: number): number | undefined {
  if (text === undefined) return undefined;
  const jsonLength = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  if (jsonLength <= sizeBytes) return jsonLength;
  throw new MessageError(`its ${HEADER.jsonLength} is '${text.slice(0, 20)}', and it has ${sizeBytes} bytes`);
}

/** Offsets of the answer's key, start and end in turn (twice where the key is there twice); undefined for a request. */
function answerKeys(body: Buffer, shape: Shape): readonly number[] | undefined {
  const start = skipSpace(body, 0);
  if (!ObjectCursor.startsAt(body, start)) {
    if (start >= body.length) throw notJson(body, start);
    throw new MessageError('it is not a JSON object');
  }
  const keys: number[] = [];
  const members = new ObjectCursor(body, start);
  while (members.next()) {
    for (const key of shape.request) if (members.keyIs(key)) return undefined;
    if (members.keyIs(shape.answer)) keys.push(members.keyStart, members.keyEnd);
  }
  const end = skipSpace(body, members.keyStart + 1);
  if (end !== body.length) throw notJson(body, end);
  return keys;
}

function replaceEach(body: Buffer, ranges: readonly number[], replacement: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    parts.push(body.subarray(from, ranges[i]), replacement);
    from = ranges[i + 1] ?? from;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}

const quoted = (key: string) => `'${key}'`;
