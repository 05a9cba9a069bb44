import { MessageError } from '../message-error.ts';

/** Bytes before every gRPC message: one that says whether it is compressed, four of its length. */
export const PREFIX_BYTES = 5;

/** The prefix of a message that is not compressed. */
export function messagePrefix(lengthBytes: number): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = 0;
  prefix.writeUInt32BE(lengthBytes, 1);
  return prefix;
}

/** A message of gRPC out of its frame. */
export interface Framed {
  readonly compressed: boolean;
  readonly message: Buffer;
}

/**
 * The one message of a unary answer. A view.
 *
 * @throws MessageError that says what is there instead: nothing, a part, more than one
 */
export function readFrame(bytes: Buffer): Framed {
  if (bytes.length === 0) throw new MessageError('it has no message');
  if (bytes.length < PREFIX_BYTES) throw new MessageError('it ends within the prefix of its message');
  const flag = bytes[0];
  if (flag !== 0 && flag !== 1) throw new MessageError(`its message begins with the byte ${flag}: that is no gRPC`);
  const end = PREFIX_BYTES + bytes.readUInt32BE(1);
  if (bytes.length < end) throw new MessageError(`its message is cut short: ${bytes.length} of ${end} bytes`);
  if (bytes.length > end) throw new MessageError('it has more than one message');
  return { compressed: flag === 1, message: bytes.subarray(PREFIX_BYTES) };
}
