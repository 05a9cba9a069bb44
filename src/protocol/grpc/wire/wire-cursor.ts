import { MessageError } from '../../message-error.ts';

/** Wire types of protobuf that have names here. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

const MAX_GROUP_DEPTH = 100;
const MAX_TAG = 0xffff_ffff;

/**
 * Walks over the top-level fields of a protobuf message without decoding what is in them: lengths are skipped, so the cost grows
 * with the number of fields, not with their size. Unknown fields are walked over like any other.
 *
 * `next` throws a MessageError for bytes that are no protobuf message.
 */
export class WireCursor {
  /** Number of the field. */
  field = 0;
  wireType = 0;
  /** Where the field begins, with its tag. */
  start = 0;
  /** Behind the tag. */
  tagEnd = 0;
  /** Where the value begins: of a field of bytes behind its length. */
  valueStart = 0;
  /** Behind the field. */
  end = 0;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Goes to the next field; false when there is none. */
  next(): boolean {
    this.start = this.#at;
    if (this.#at >= this.#bytes.length) return false;
    const tag = this.#tag();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    this.tagEnd = this.#at;
    this.#skip(this.wireType, this.field, 0);
    this.end = this.#at;
    return true;
  }

  /** Whether the field has that number and is a message, a string, bytes or a packed list. */
  isBytes(field: number): boolean {
    return this.field === field && this.wireType === WIRE.bytes;
  }

  /** The field's value, without tag and length. A view. */
  get value(): Buffer {
    return this.#bytes.subarray(this.valueStart, this.end);
  }

  /** The whole field as it stands. A view. */
  get whole(): Buffer {
    return this.#bytes.subarray(this.start, this.end);
  }

  /** The field without its tag: what stands behind another number when the field is renumbered. A view. */
  get untagged(): Buffer {
    return this.#bytes.subarray(this.tagEnd, this.end);
  }

  #skip(wireType: number, field: number, depth: number): void {
    this.valueStart = this.#at;
    switch (wireType) {
      case WIRE.varint:
        this.#varint();
        return;
      case WIRE.fixed64:
        return this.#forward(8);
      case WIRE.bytes: {
        const length = this.#varint();
        this.valueStart = this.#at;
        return this.#forward(length);
      }
      case WIRE.startGroup:
        return this.#skipGroup(field, depth);
      case WIRE.fixed32:
        return this.#forward(4);
      default:
        throw broken(this.start);
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) throw broken(this.start);
    const valueStart = this.valueStart;
    for (;;) {
      const tag = this.#tag();
      if ((tag & 7) !== WIRE.endGroup) this.#skip(tag & 7, tag >>> 3, depth + 1);
      else if (tag >>> 3 === field) break;
      else throw broken(this.start);
    }
    this.valueStart = valueStart;
  }

  #forward(length: number): void {
    if (length > this.#bytes.length - this.#at) throw broken(this.start);
    this.#at += length;
  }

  #tag(): number {
    const tag = this.#varint();
    if (tag > MAX_TAG || tag < 8) throw broken(this.start);
    return tag;
  }

  /** At most ten bytes; what is beyond 2^53 loses its low bits, which is too long for a length and a tag all the same. */
  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) break;
      this.#at++;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw broken(this.start);
  }
}

/**
 * Walks once over the top level.
 *
 * @throws MessageError for bytes that are no protobuf message
 */
export function checkWire(bytes: Buffer): void {
  const fields = new WireCursor(bytes);
  while (fields.next());
}

function broken(at: number): MessageError {
  return new MessageError(`its bytes are no protobuf message: the field at byte ${at} cannot be read`);
}
