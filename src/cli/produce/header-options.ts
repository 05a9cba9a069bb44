import type { RecordHeader } from '../../kafka/record.ts';
import { wrongOption } from '../wrong-option.ts';

/**
 * Reads `NAME=VALUE` headers; names may repeat, values may be empty and hold further equals signs.
 *
 * @throws MillraceError OPTIONS_INVALID
 */
export function parseHeaders(texts: readonly string[]): RecordHeader[] {
  return texts.map((text) => {
    const equals = text.indexOf('=');
    if (equals > 0) return [Buffer.from(text.slice(0, equals)), Buffer.from(text.slice(equals + 1))];
    throw wrongOption(`--header '${text}' is not NAME=VALUE`, "write it like 'content-type=application/json'");
  });
}

/**
 * The header that says of which type protobuf messages are.
 *
 * @throws MillraceError OPTIONS_INVALID when the name cannot be that of a message
 */
export function protoNameHeader(name: string): RecordHeader {
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(name)) return [Buffer.from('proto-name'), Buffer.from(name)];
  const remedy = 'give the full name of the message, such as tensorflow.serving.PredictRequest';
  throw wrongOption(`--proto-name '${name}' is no name of a protobuf message`, remedy);
}
