import { gunzipSync } from 'node:zlib';
import { REST_PROTOCOLS } from '../protocols/protocols.ts';
import { isTooDeep, MAX_JSON_DEPTH } from '../protocols/json-depth.ts';
import { requireList } from '../protocols/json-object.ts';
import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import type { RestRequest } from './raw-request.ts';
import type { Runner } from './runner.ts';

/** Largest body that a compressed request may unfold to, in bytes. */
const MAX_GUNZIPPED_BYTES = 256 * 1024 * 1024;

/** The JSON of the answer. @throws RequestError */
export async function answerRest(runner: Runner, model: ServedModel, request: RestRequest): Promise<string> {
  const protocol = REST_PROTOCOLS[request.protocol];
  const text = textOf(request);
  switch (runner.step) {
    case 'infer': {
      const call = protocol.decode(parseBody(text, model, request.contentType), model);
      return call.encode(await runner.engine.infer(call.inputs));
    }
    case 'route':
      return protocol.route(runner.branch(Buffer.from(text), request.random));
    case 'aggregate': {
      const given = requireList(parseBody(text, model, request.contentType), 'the request');
      const answers = protocol.joinAnswers?.(given) ?? given;
      const calls = answers.map((answer, i) => {
        const path = `the answer of child ${i}`;
        try {
          return protocol.decode(protocol.asRequest(answer, path), model);
        } catch (error) {
          if (error instanceof RequestError) throw new RequestError(error.status, `${path}: ${error.message}`);
          throw error;
        }
      });
      const [first] = calls;
      if (!first) throw new RequestError(400, 'the request is an empty list, and the answers of children are expected');
      return first.encode(runner.combine(calls.map(({ inputs }) => inputs)));
    }
  }
}

function parseBody(text: string, { signature }: ServedModel, contentType: string): unknown {
  if (text.trim() === '') throw new RequestError(400, 'the request is empty, and JSON is expected');
  if (isTooDeep(text)) {
    throw new RequestError(400, `the request nests lists and objects deeper than ${MAX_JSON_DEPTH} levels`);
  }
  const exact = signature?.inputs.some(({ datatype }) => datatype === 'int64' || datatype === 'uint64') ?? true;
  try {
    return exact ? JSON.parse(text, exactIntegers) : JSON.parse(text);
  } catch (error) {
    const type = contentType === '' ? '' : ` (Content-Type ${contentType.slice(0, 80)})`;
    throw new RequestError(400, `the request is not JSON${type}`, error);
  }
}

// What curl and forms send says little: the content decides, not its label. Seldon's servers also take a form's field `json`.
function textOf({ protocol, body, contentType, contentEncoding }: RestRequest): string {
  const text = Buffer.from(decompress(body, contentEncoding)).toString();
  const isForm = protocol === 'seldon' && contentType.startsWith('application/x-www-form-urlencoded');
  return (isForm && text.startsWith('json=') ? new URLSearchParams(text).get('json') : null) ?? text;
}

function decompress(body: Uint8Array, encoding: string): Uint8Array {
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    throw new RequestError(400, `the Content-Encoding is '${encoding.slice(0, 80)}', and only gzip can be read`);
  }
  try {
    return gunzipSync(body, { maxOutputLength: MAX_GUNZIPPED_BYTES });
  } catch (error) {
    throw new RequestError(400, `the request is no gzip, or one of more than ${MAX_GUNZIPPED_BYTES} bytes`, error);
  }
}

// A double holds integers up to 2^53; an int64 more.
function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;
}
