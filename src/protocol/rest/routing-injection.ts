import { ObjectCursor } from '../json/object-cursor.ts';
import { skipSpace } from '../json/skip-value.ts';
import { MessageError } from '../message-error.ts';
import type { Payload } from '../payload.ts';

/**
 * Writes the routes taken so far into `meta.routing` of a message that has an object `meta`, and changes no other byte of it.
 * What is not such a message comes back as it is (SELDON_ENABLE_ROUTING_INJECTION; Seldon prints the whole message anew).
 */
export function injectRouting(message: Payload, routes: ReadonlyMap<string, number>): Payload {
  if (message.contentEncoding !== '') return message;
  try {
    const body = injected(message.body, routes);
    return body === undefined ? message : { ...message, body };
  } catch (error) {
    if (error instanceof MessageError) return message;
    throw error;
  }
}

function injected(body: Buffer, routes: ReadonlyMap<string, number>): Buffer | undefined {
  const start = skipSpace(body, 0);
  if (!ObjectCursor.startsAt(body, start)) return undefined;
  const meta = lastMember(body, start, 'meta');
  if (meta === undefined || skipSpace(body, meta.objectEnd) !== body.length) return undefined;
  if (meta.value === undefined || !ObjectCursor.startsAt(body, meta.value.start)) return undefined;

  const routing = lastMember(body, meta.value.start, 'routing');
  if (routing === undefined) return undefined;
  const json = Buffer.from(routesJson(routes));
  if (routing.value !== undefined) return spliced(body, routing.value.start, routing.value.end, json);
  const closing = routing.objectEnd - 1;
  const member = Buffer.concat([Buffer.from(routing.empty ? '"routing":' : ',"routing":'), json]);
  return spliced(body, closing, closing, member);
}

interface Found {
  /** Where the member's value is; undefined when the object has no such member. */
  readonly value: { readonly start: number; readonly end: number } | undefined;
  readonly empty: boolean;
  /** Offset after the object's closing brace. */
  readonly objectEnd: number;
}

/** The last member of that name, which is the one that counts in Go and in JavaScript. */
function lastMember(body: Buffer, at: number, name: string): Found {
  const members = new ObjectCursor(body, at);
  let value: Found['value'];
  let empty = true;
  while (members.next()) {
    empty = false;
    const end = members.valueEnd();
    if (members.keyIs(name)) value = { start: members.valueStart, end };
  }
  return { value, empty, objectEnd: members.keyStart + 1 };
}

function routesJson(routes: ReadonlyMap<string, number>): string {
  const names = [...routes.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${names.map((name) => `${JSON.stringify(name)}:${routes.get(name)}`).join(',')}}`;
}

function spliced(body: Buffer, from: number, to: number, middle: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, from), middle, body.subarray(to)]);
}
