import type { InputRecord } from '../../../kafka/record.ts';
import { plural } from '../../amounts.ts';
import { framed } from '../../records/frames.ts';
import type { RecordFormat } from './record-format.ts';

/** Values as they are, each with its size before it in 4 bytes, as `millrace produce --format protobuf` reads them. */
export class FrameFormat implements RecordFormat {
  #without = 0;

  format({ value }: InputRecord): Buffer {
    if (value !== null) return framed(value);
    // A frame of no bytes is an empty message, which is something else.
    this.#without++;
    return Buffer.alloc(0);
  }

  remarks(): readonly string[] {
    return this.#without === 0 ? [] : [`${plural(this.#without, 'record')} without a value left out`];
  }
}
