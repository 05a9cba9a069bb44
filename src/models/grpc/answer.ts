import { gunzip, inflate } from 'node:zlib';
import { errorText } from '../../base/errors.ts';
import { readFrame } from '../../protocol/grpc/framing.ts';
import { MessageError } from '../../protocol/message-error.ts';

const UNPACK = { gzip: gunzip, deflate: inflate } as const;

/**
 * The message of a unary answer, unpacked where the server has compressed it.
 *
 * @param encoding its `grpc-encoding`
 * @throws MessageError for what is no single message, or cannot be unpacked within the limit
 */
export async function readAnswer(bytes: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const { compressed, message } = readFrame(bytes);
  if (!compressed) return message;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new MessageError(`it is compressed with '${encoding || 'identity'}', and only gzip and deflate can be read`);
  }
  return new Promise((resolve, reject) => {
    UNPACK[encoding](message, { maxOutputLength: maxBytes }, (error, unpacked) => {
      if (error === null) resolve(unpacked);
      else reject(new MessageError(`its ${encoding} cannot be unpacked to ${maxBytes} bytes: ${errorText(error)}`));
    });
  });
}
