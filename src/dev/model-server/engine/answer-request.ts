import { gunzipSync } from 'node:zlib';
import { errorText } from '../../../base/errors.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import { REST_PROTOCOLS } from '../protocols/protocols.ts';
import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import type { Engine } from './engine.ts';

export interface RawRequest {
  readonly protocol: Protocol;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** Largest body that a compressed request may unfold to, in bytes. */
const MAX_GUNZIPPED_BYTES = 256 * 1024 * 1024;

/** Bytes in, bytes out: reads the request as its protocol has it, runs the engine, writes the answer. Never throws. */
export async function answerRequest(engine: Engine, model: ServedModel, request: RawRequest): Promise<Answer> {
  const protocol = REST_PROTOCOLS[request.protocol];
  try {
    const call = protocol.decode(parseBody(request, model), model);
    return { status: 200, body: call.encode(await engine.infer(call.inputs)) };
  } catch (error) {
    const status = error instanceof RequestError ? error.status : 500;
    return { status, body: JSON.stringify(protocol.errorBody(status, errorText(error).trim())) };
  }
}

function parseBody(request: RawRequest, model: ServedModel): unknown {
  const text = textOf(request);
  if (text.trim() === '') throw new RequestError(400, 'the request is empty, and JSON is expected');
  const exact = model.signature.inputs.some(({ datatype }) => datatype === 'int64' || datatype === 'uint64');
  try {
    return exact ? JSON.parse(text, exactIntegers) : JSON.parse(text);
  } catch (error) {
    const type = request.contentType === '' ? '' : ` (Content-Type ${request.contentType.slice(0, 80)})`;
    throw new RequestError(400, `the request is not JSON${type}`, error);
  }
}

// What curl and forms send says little: the content decides, not its label. Seldon's servers also take a form's field `json`.
function textOf({ protocol, body, contentType, contentEncoding }: RawRequest): string {
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
