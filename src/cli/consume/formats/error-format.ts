import type { InputRecord } from '../../../kafka/record.ts';
import { isErrorHeader } from '../../../stream/output/output-headers.ts';
import { plural } from '../../amounts.ts';
import { preview } from '../../records/printable.ts';
import { headerLine, valueLine } from './pretty-format.ts';
import { addressOf, headerOf, timeOf, type RecordFormat } from './record-format.ts';

const TEXT_CHARACTERS = 2_000;
const VALUE_CHARACTERS = 300;
const NAME_WIDTH = 9;

/** Error records for people: what went wrong, where and how often it was tried, what the model said, and what it was about. */
export class ErrorFormat implements RecordFormat {
  #others = 0;

  format(record: InputRecord): Buffer {
    const code = text(record, 'code');
    if (code === '') {
      this.#others++;
      return Buffer.from(`${addressOf(record)}  is no error record\n\n`);
    }
    const lines = [`${addressOf(record)}  ${text(record, 'time') || (timeOf(record) ?? '(no time)')}  ${code}`];
    const add = (name: string, content: string) => {
      if (content !== '') lines.push(`  ${name.padEnd(NAME_WIDTH)}${content}`);
    };
    add('what', text(record, 'message'));
    add('node', text(record, 'node'));
    add('attempts', text(record, 'attempts'));
    add('status', text(record, 'status'));
    add('answer', text(record, 'response'));
    add('source', preview(headerOf(record, 'millrace-source') ?? NONE, TEXT_CHARACTERS));
    add('key', preview(record.key ?? NONE, TEXT_CHARACTERS));
    for (const [name, value] of record.headers) {
      if (!isErrorHeader(name?.toString() ?? '')) add('header', headerLine(name, value));
    }
    const leftOut = text(record, 'value-left-out');
    add(
      'value',
      leftOut === '' ? valueLine(record, VALUE_CHARACTERS) : `(left out, ${leftOut}: the topic takes none so large)`,
    );
    return Buffer.from(`${lines.join('\n')}\n\n`);
  }

  remarks(): readonly string[] {
    if (this.#others === 0) return [];
    return [`${plural(this.#others, 'record')} without the headers of an error record; is this the error topic?`];
  }
}

const NONE = Buffer.alloc(0);

function text(record: InputRecord, name: string): string {
  return preview(headerOf(record, `millrace-error-${name}`) ?? NONE, TEXT_CHARACTERS);
}
