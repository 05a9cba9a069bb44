import { notJson, skipSpace, skipString, skipValue } from './skip-value.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Walks over the members of one JSON object in its bytes, only as far as it is asked to: whoever finds a key early reads no
 * further. What it has passed is known to be JSON.
 */
export class ObjectCursor {
  /** Offsets of the present member's key, with its quotes. */
  keyStart = 0;
  keyEnd = 0;
  /** Offset of the present member's value. */
  valueStart = 0;
  readonly #json: Buffer;
  /** Offset after the present value; 0 until it has been passed. */
  #valueEnd = 0;
  #first = true;

  /** @param at offset of the opening brace */
  constructor(json: Buffer, at: number) {
    this.#json = json;
    this.keyStart = at;
  }

  /** Whether an object begins at `at`. */
  static startsAt(json: Buffer, at: number): boolean {
    return json[at] === OPEN_BRACE;
  }

  /**
   * Moves to the next member; false at the end of the object, whose closing brace is then at `keyStart`.
   *
   * @throws MessageError where it is not JSON
   */
  next(): boolean {
    const json = this.#json;
    let at: number;
    if (this.#first) {
      this.#first = false;
      at = skipSpace(json, this.keyStart + 1);
      if (json[at] === CLOSE_BRACE) return this.#end(at);
    } else {
      at = skipSpace(json, this.valueEnd());
      if (json[at] === CLOSE_BRACE) return this.#end(at);
      if (json[at] !== COMMA) throw notJson(json, at);
      at = skipSpace(json, at + 1);
    }
    this.keyStart = at;
    this.keyEnd = skipString(json, at);
    at = skipSpace(json, this.keyEnd);
    if (json[at] !== COLON) throw notJson(json, at);
    this.valueStart = skipSpace(json, at + 1);
    this.#valueEnd = 0;
    return true;
  }

  /** Offset after the present member's value. */
  valueEnd(): number {
    if (this.#valueEnd === 0) this.#valueEnd = skipValue(this.#json, this.valueStart);
    return this.#valueEnd;
  }

  /** Whether the present key, its escapes read, is this name. */
  keyIs(name: string): boolean {
    const json = this.#json;
    const start = this.keyStart + 1;
    const end = this.keyEnd - 1;
    if (end - start < name.length) return false;
    const raw = json.toString('latin1', start, end);
    if (raw === name) return true;
    return raw.includes('\\') && JSON.parse(json.toString('utf8', this.keyStart, this.keyEnd)) === name;
  }

  #end(at: number): false {
    this.keyStart = at;
    return false;
  }
}
