import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** A gRPC client of one server, which knows nothing of it but its port. */
export class GrpcCaller {
  readonly #client: Client;

  constructor(port: number | undefined) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.enable_retries': 0,
    });
  }

  /** The bytes of the answer. */
  raw(path: string, body: Uint8Array, deadlineMs = 120_000): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        body,
        new Metadata(),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error || !answer ? reject(error ?? new Error('no answer')) : resolve(answer)),
      );
    });
  }

  async call<Q extends DescMessage, A extends DescMessage>(
    path: string,
    requestSchema: Q,
    answerSchema: A,
    request: MessageInitShape<Q>,
  ): Promise<MessageShape<A>> {
    const body = toBinary(requestSchema, create(requestSchema, request));
    return fromBinary(answerSchema, await this.raw(path, body));
  }

  close(): void {
    this.#client.close();
  }
}

/** Whether a call failed with that code, and a text like that. */
export function failure(code: keyof typeof status, text: RegExp): (error: ServiceError) => boolean {
  return (error) => {
    if (error.code === status[code] && text.test(error.details)) return true;
    throw new Error(`expected ${code} ${text}, and it is ${status[error.code] ?? error.code} '${error.details}'`);
  };
}
