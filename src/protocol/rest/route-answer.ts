import { readableBody } from '../gunzip.ts';
import { notJson, skipSpace, skipValue } from '../json/skip-value.ts';
import { MessageError } from '../message-error.ts';
import type { Payload } from '../payload.ts';
import { isObject, type JsonObject } from '../../base/json-object.ts';

/** A router's answer that means all children. */
export const ALL_CHILDREN = -1;
/** A router's answer that means none: the request goes no further. */
export const NO_CHILD = -2;

// The fields of seldon.protos.SeldonMessage and DefaultData: an object with another field is not a SeldonMessage.
const MESSAGE_FIELDS = new Set(['status', 'meta', 'data', 'binData', 'strData', 'jsonData', 'customData']);
const DATA_FIELDS = new Set(['names', 'tensor', 'ndarray', 'tftensor']);

/**
 * Which child a router chose: a SeldonMessage with `data` (its first number, cut to a whole one) or a JSON list of whole
 * numbers (its first), in every protocol, as in Seldon Core 1. What makes Seldon's executor crash is an error here: no `data`,
 * an empty list.
 *
 * @throws MessageError that says what the answer should have been
 */
export function readRoute(answer: Payload): number {
  const reply = firstValue(readableBody(answer));
  if (Array.isArray(reply)) return wholeNumber(reply);
  if (!isObject(reply)) throw unusable(`it is ${kindOf(reply)}`);
  refuseUnknown(reply, MESSAGE_FIELDS, 'field');
  if (!isObject(reply.data)) throw unusable("it has no 'data'");
  return dataRoute(reply.data);
}

function dataRoute(data: JsonObject): number {
  refuseUnknown(data, DATA_FIELDS, 'field data.');
  if (present(data.ndarray)) {
    const [first] = listOf(data.ndarray, 'data.ndarray');
    const value = Array.isArray(first) ? listOf(first, 'the first row of data.ndarray')[0] : first;
    // A text or anything else counts as 0, as it does for Seldon.
    return typeof value === 'number' ? truncate(value) : 0;
  }
  if (present(data.tensor)) {
    const values = isObject(data.tensor) ? data.tensor.values : undefined;
    return truncate(numberOf(listOf(values, 'data.tensor.values')[0]));
  }
  if (present(data.tftensor)) {
    const tensor = isObject(data.tftensor) ? data.tftensor : {};
    return truncate(numberOf(listOf(tensor.intVal ?? tensor.int_val, 'data.tftensor.intVal')[0]));
  }
  return ALL_CHILDREN;
}

/** The first JSON value of the body; what follows it is not looked at. */
function firstValue(body: Buffer): unknown {
  const start = skipSpace(body, 0);
  if (start >= body.length) throw notJson(body, start);
  return JSON.parse(body.toString('utf8', start, skipValue(body, start)));
}

function wholeNumber(list: readonly unknown[]): number {
  for (const entry of list) {
    if (!Number.isSafeInteger(entry)) throw unusable(`its list has ${shown(entry)}, not a whole number`);
  }
  const [first] = list;
  if (typeof first !== 'number') throw unusable('its list is empty');
  return truncate(first);
}

// Numbers can be written as texts in a SeldonMessage; null is a 0. A list is not made a text here: it can be nested deeper than that
// can be done.
function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' || value === null ? Number(value) : NaN;
}

function truncate(value: number): number {
  if (!Number.isFinite(value)) throw unusable('its first value is not a number');
  // Adding 0 makes 0 of -0.
  return Math.trunc(value) + 0;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unusable(`${what} is not a list`);
  if (value.length === 0) throw unusable(`${what} is empty`);
  return value;
}

function refuseUnknown(object: JsonObject, known: ReadonlySet<string>, what: string): void {
  for (const key of Object.keys(object)) {
    if (!known.has(key)) throw unusable(`it has a ${what}${what.endsWith('.') ? '' : ' '}${key.slice(0, 40)}`);
  }
}

function unusable(why: string): MessageError {
  return new MessageError(
    `${why}; a route is a SeldonMessage with data, such as {"data":{"ndarray":[1]}}, or a list, such as [1]`,
  );
}

const present = (value: unknown) => value !== undefined && value !== null;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** A value in a few words; of a list or an object, which can be of any depth, no more than that. */
function shown(value: unknown): string {
  return typeof value === 'object' ? kindOf(value) : String(JSON.stringify(value)).slice(0, 40);
}
