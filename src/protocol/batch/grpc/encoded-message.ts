import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { PROTOBUF_TYPE, type Payload } from '../../payload.ts';

/** A protobuf message as it goes to a model. */
export function encodedMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Payload {
  return {
    body: Buffer.from(toBinary(schema, message)),
    contentType: PROTOBUF_TYPE,
    contentEncoding: '',
    messageName: schema.typeName,
  };
}
