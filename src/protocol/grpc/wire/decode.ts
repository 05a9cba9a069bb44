import { fromBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { errorText } from '../../../base/errors.ts';
import { MessageError } from '../../message-error.ts';

/**
 * Decodes a message that a step must look into.
 *
 * @throws MessageError for bytes that are not such a message (cut short, invalid UTF-8, nested more than 100 deep)
 */
export function decodeMessage<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new MessageError(`its bytes are no ${schema.typeName}: ${errorText(error)}`, error);
  }
}
