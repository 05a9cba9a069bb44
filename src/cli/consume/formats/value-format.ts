import type { InputRecord } from '../../../kafka/record.ts';
import { plural } from '../../amounts.ts';
import { escapeControls, textOf } from '../../records/printable.ts';
import { protoNameOf, type RecordFormat } from './record-format.ts';

const NEWLINE = Buffer.from('\n');

/**
 * Values alone, one a line: text as it is, other bytes and protobuf as base64. JSON over several lines becomes one line. A
 * record without a value is an empty line.
 */
export class ValueFormat implements RecordFormat {
  readonly #forTerminal: boolean;
  readonly #base64 = new Map<string, number>();
  #several = 0;

  /** @param forTerminal control characters are written as escapes */
  constructor(forTerminal: boolean) {
    this.#forTerminal = forTerminal;
  }

  format(record: InputRecord): Buffer {
    const { value } = record;
    if (value === null) return NEWLINE;
    const type = protoNameOf(record);
    const text = type === undefined ? textOf(value) : undefined;
    if (text === undefined) {
      const kind = type === undefined ? 'that is no text' : `of type ${escapeControls(type)}`;
      this.#base64.set(kind, (this.#base64.get(kind) ?? 0) + 1);
      return Buffer.from(`${value.toString('base64')}\n`);
    }
    if (!value.includes(NEWLINE)) {
      return this.#forTerminal ? Buffer.from(`${escapeControls(text)}\n`) : Buffer.concat([value, NEWLINE]);
    }
    return Buffer.from(`${this.#oneLine(text)}\n`);
  }

  remarks(): readonly string[] {
    const lines = [...this.#base64].map(
      ([kind, count]) =>
        `${plural(count, 'value')} ${kind} written as base64; --format protobuf writes the bytes, framed`,
    );
    if (this.#several > 0)
      lines.push(`${plural(this.#several, 'value')} of several lines; --format json keeps them apart`);
    return lines;
  }

  #oneLine(text: string): string {
    if (isJson(text)) {
      // Outside of strings a line break is white space, and within them JSON allows none.
      const line = text.replace(/\r?\n/g, ' ');
      return this.#forTerminal ? escapeControls(line) : line;
    }
    this.#several++;
    return this.#forTerminal ? text.split('\n').map(escapeControls).join('\n') : text;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
