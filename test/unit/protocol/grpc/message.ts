import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { PROTOBUF_TYPE, type Payload } from '../../../../src/protocol/payload.ts';

/** A message as it travels. */
export function message<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Payload {
  return bytes(schema, Buffer.from(toBinary(schema, create(schema, init))));
}

/** Bytes under a message's name. */
export function bytes(schema: DescMessage, body: Buffer): Payload {
  return { body, contentType: PROTOBUF_TYPE, contentEncoding: '', messageName: schema.typeName };
}

/** What a payload says, without the decoder's own marks. */
export function read<D extends DescMessage>(schema: D, payload: Payload): MessageShape<D> {
  return fromBinary(schema, payload.body);
}
