import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { protobufPayload, type Payload } from '../../payload.ts';

/** A protobuf message as it goes to a model. */
export function encodedMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Payload {
  return protobufPayload(schema.typeName, Buffer.from(toBinary(schema, message)));
}
