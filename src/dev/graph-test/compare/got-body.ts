import { gunzipSync } from 'node:zlib';
import { errorText } from '../../../base/errors.ts';
import { headerOf, type SeenCall } from '../run/seen-call.ts';
import { decodeMessage } from '../protobuf/message-json.ts';

/** Bytes that came, without compression. */
export interface GotBody {
  readonly bytes: Buffer;
  /** Full name of the protobuf message that they are; undefined over HTTP. */
  readonly messageName: string | undefined;
}

// More would hardly be looked at by a person.
const MAX_BYTES = 256 * 1024 * 1024;

/** The body as it is to be compared; one that is not what its `Content-Encoding` says stays as it is. */
export function gotBody(body: Buffer, contentEncoding: string | undefined, messageName?: string): GotBody {
  if (contentEncoding !== 'gzip') return { bytes: body, messageName };
  try {
    return { bytes: gunzipSync(body, { maxOutputLength: MAX_BYTES }), messageName };
  } catch {
    return { bytes: body, messageName };
  }
}

/** The body of a call, as `gotBody` has it. */
export function gotCall(call: SeenCall): GotBody {
  return gotBody(call.body, headerOf(call, 'content-encoding'), call.messageName);
}

/** What the body says in JSON, or why it says nothing. */
export function jsonOf({ bytes, messageName }: GotBody): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: messageName === undefined ? JSON.parse(bytes.toString()) : decodeMessage(messageName, bytes) };
  } catch (error) {
    return { problem: messageName === undefined ? `is not JSON (${errorText(error)})` : errorText(error) };
  }
}

/** The start of a body in one line, for a sentence about it. */
export function startOf(got: GotBody): string {
  const json = got.messageName === undefined ? undefined : jsonOf(got);
  const text =
    json !== undefined && 'value' in json ? JSON.stringify(json.value) : got.bytes.subarray(0, 4_000).toString();
  return text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text;
}
