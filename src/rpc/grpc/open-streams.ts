import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { StreamMethod } from './stream-method.ts';

type Stream = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/** The streams that clients hold open: a server that ends has to end them, for a client that watches never would. */
export class OpenStreams {
  readonly #streams = new Set<Stream>();

  /** The method's handler, its streams kept. */
  kept({ handler }: StreamMethod): handleServerStreamingCall<Buffer, Buffer> & handleBidiStreamingCall<Buffer, Buffer> {
    return (stream: Stream) => {
      this.#streams.add(stream);
      for (const end of ['finish', 'cancelled', 'error']) stream.once(end, () => this.#streams.delete(stream));
      (handler as (stream: Stream) => void)(stream);
    };
  }

  /** Ends all of them, as a server does that has said everything. */
  end(): void {
    for (const stream of this.#streams) stream.end();
  }
}
