import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { decodeMessage } from '../../../protocol/grpc/wire/decode.ts';
import { MessageError } from '../../../protocol/message-error.ts';
import { RequestError } from '../request-error.ts';

/** @throws RequestError 400 for bytes that are no such message */
export function readMessage<D extends DescMessage>(schema: D, body: Uint8Array): MessageShape<D> {
  try {
    return decodeMessage(schema, body);
  } catch (error) {
    if (error instanceof MessageError) throw new RequestError(400, `the request: ${error.message}`);
    throw error;
  }
}
