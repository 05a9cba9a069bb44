import { MessageError } from '../../message-error.ts';
import type { Payload, Protocol } from '../../payload.ts';
import type { BatchPart, BatchRules } from '../batch-rules.ts';
import { mergeRows, outline, splitRows, type RowMessage } from './row-message.ts';
import { rowShape } from './row-shape.ts';
import { seldonRows } from './seldon-rows.ts';
import { tensorflowRows } from './tensorflow-rows.ts';
import { v2Rows } from './v2-rows.ts';

/** A request in JSON with its rows. */
export interface RestPart extends BatchPart {
  readonly payload: Payload;
  readonly message: RowMessage;
}

interface Reader {
  readonly request: (body: Buffer) => RowMessage | undefined;
  readonly answer: (body: Buffer) => RowMessage | undefined;
}

const READERS: Readonly<Record<Protocol, Reader>> = {
  seldon: { request: seldonRows, answer: seldonRows },
  tensorflow: {
    request: (body) => tensorflowRows(body, 'instances'),
    answer: (body) => tensorflowRows(body, 'predictions'),
  },
  v2: { request: (body) => v2Rows(body, 'inputs'), answer: (body) => v2Rows(body, 'outputs') },
};

/** Batches of JSON messages: rows are moved byte for byte, numbers keep their writing, and all else must be the same in every request. */
export function restBatchRules(protocol: Protocol): BatchRules<RestPart> {
  const reader = READERS[protocol];
  return {
    part(payload) {
      // Binary tensors behind the JSON have no rows that could be seen here.
      if (payload.jsonLength !== undefined || payload.contentEncoding !== '') return undefined;
      if (!isJsonType(payload.contentType)) return undefined;
      const message = read(reader.request, payload.body);
      if (message === undefined || message.rows === 0) return undefined;
      const shapes = message.arrays.map(({ elements }) => rowShape(payload.body, elements.ranges[0]));
      if (shapes.includes(undefined)) return undefined;
      const kind = `${shapes.join(';')} ${payload.contentType} ${outline(message)}`;
      return { payload, message, rows: message.rows, kind };
    },
    merge(parts) {
      return {
        body: mergeRows(parts.map(({ message }) => message)),
        contentType: parts[0]?.payload.contentType ?? '',
        contentEncoding: '',
      };
    },
    split(answer, parts) {
      const message = answer.contentEncoding === '' ? reader.answer(answer.body) : undefined;
      if (message === undefined) throw new MessageError('it has no rows to give to the requests of a batch');
      return splitRows(message, parts.map((part) => part.message)).map((body) => ({ ...answer, body })); // prettier-ignore
    },
  };
}

function isJsonType(contentType: string): boolean {
  return contentType === '' || contentType.toLowerCase().includes('json');
}

/** What is not JSON goes alone: the model, or the graph, says what is wrong with it. */
function read(reader: Reader['request'], body: Buffer): RowMessage | undefined {
  try {
    return reader(body);
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}
