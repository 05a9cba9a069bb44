import { ObjectCursor } from './object-cursor.ts';
import { skipSpace } from './skip-value.ts';

/** Offsets of a value in the bytes: of its first byte, and of the byte after it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where the members of an object stand in its text. */
export interface ObjectMembers {
  readonly members: ReadonlyMap<string, ByteRange>;
  /** Offset after the closing brace. */
  readonly end: number;
}

/**
 * The values of a JSON object's members by their names; undefined where no object begins at `at`, or a name stands in it twice
 * (readers do not agree which one counts).
 *
 * @throws MessageError where it is not JSON
 */
export function objectMembers(json: Buffer, at: number): ObjectMembers | undefined {
  if (!ObjectCursor.startsAt(json, at)) return undefined;
  const members = new Map<string, ByteRange>();
  const cursor = new ObjectCursor(json, at);
  while (cursor.next()) {
    const name: unknown = JSON.parse(json.toString('utf8', cursor.keyStart, cursor.keyEnd));
    if (typeof name !== 'string' || members.has(name)) return undefined;
    members.set(name, { start: cursor.valueStart, end: cursor.valueEnd() });
  }
  return { members, end: cursor.keyStart + 1 };
}

/** The members of a message that is one JSON object and nothing after it; undefined for any other. */
export function messageMembers(json: Buffer): ObjectMembers['members'] | undefined {
  const found = objectMembers(json, skipSpace(json, 0));
  if (found === undefined || skipSpace(json, found.end) !== json.length) return undefined;
  return found.members;
}
