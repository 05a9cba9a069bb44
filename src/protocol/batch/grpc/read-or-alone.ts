import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { decodeMessage } from '../../grpc/wire/decode.ts';
import { MessageError } from '../../message-error.ts';

/** Decodes a request. Bytes that cannot be read go alone (undefined): the model, or the graph, says what is wrong with them. */
export function readOrAlone<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> | undefined {
  try {
    const message = decodeMessage(schema, bytes);
    // Fields that nobody here knows would be lost on the way.
    return message.$unknown === undefined || message.$unknown.length === 0 ? message : undefined;
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}
