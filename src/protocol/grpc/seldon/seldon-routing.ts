import { MessageError } from '../../message-error.ts';
import type { Payload } from '../../payload.ts';
import { MESSAGE } from '../methods.ts';
import { WIRE, WireCursor } from '../wire/wire-cursor.ts';
import { bytesField, stringField, varint } from '../wire/wire-fields.ts';

// Numbers of fields, as in protos/seldon/prediction.proto.
const META = 2;
const ROUTING = 3;

/**
 * Writes the routes taken so far into `meta.routing` of a SeldonMessage, in place of what stands there, and changes nothing else
 * (SELDON_ENABLE_ROUTING_INJECTION). A message without meta gets one; Seldon Core 1 crashes. What is no SeldonMessage comes back
 * as it is: other protocols have no place for it.
 */
export function injectSeldonRouting(message: Payload, routes: ReadonlyMap<string, number>): Payload {
  if (message.messageName !== MESSAGE.seldon) return message;
  try {
    return { ...message, body: injected(message.body, routes) };
  } catch (error) {
    if (error instanceof MessageError) return message;
    throw error;
  }
}

function injected(body: Buffer, routes: ReadonlyMap<string, number>): Buffer {
  const rest: Buffer[] = [];
  // A message field that stands there twice is one message of both.
  const meta: Buffer[] = [];
  const fields = new WireCursor(body);
  while (fields.next()) {
    if (fields.isBytes(META)) meta.push(...withoutRouting(fields.value));
    else rest.push(fields.whole);
  }
  for (const [node, route] of routes) meta.push(...bytesField(ROUTING, ...stringField(1, node), ...int32(2, route)));
  return Buffer.concat([...bytesField(META, ...meta), ...rest]);
}

function withoutRouting(meta: Buffer): Buffer[] {
  const kept: Buffer[] = [];
  const fields = new WireCursor(meta);
  while (fields.next()) if (!fields.isBytes(ROUTING)) kept.push(fields.whole);
  return kept;
}

/** An int32 field; a negative number takes ten bytes, as 64-bit two's complement. */
function int32(field: number, value: number): Buffer[] {
  if (value === 0) return [];
  if (value > 0) return [varint(field * 8 + WIRE.varint), varint(value)];
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); bytes.length < 10; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  }
  return [varint(field * 8 + WIRE.varint), Buffer.from(bytes)];
}
