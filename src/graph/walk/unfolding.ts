import { gunzipWithin, isGzip, MAX_GUNZIPPED_BYTES, tooLarge, unfoldedBytes } from '../../protocol/gunzip.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { UnfoldedRoom } from './unfolded-room.ts';

/**
 * The packed messages that one request has unfolded for its steps. What it takes is counted until the request ends. A request that
 * has unfolded something already does not wait for room again: it would wait for others that wait for it.
 */
export class Unfolding {
  readonly #room: UnfoldedRoom;
  #takenBytes = 0;
  #waiting: Promise<void> | undefined;

  constructor(room: UnfoldedRoom) {
    this.#room = room;
  }

  /**
   * The message as steps read it; the same one when it is not packed.
   *
   * @throws MessageError when it cannot be unfolded, or is too large
   */
  async unfold(message: Payload, signal?: AbortSignal): Promise<Payload> {
    if (!isGzip(message.contentEncoding)) return message;
    // What it says of its own size is not always true: it may be made of several parts.
    for (const sizeBytes of new Set([unfoldedBytes(message.body), MAX_GUNZIPPED_BYTES])) {
      await this.#take(sizeBytes, signal);
      const body = gunzipWithin(message.body, sizeBytes);
      if (body !== undefined) return { ...message, body, contentEncoding: '' };
      this.#give(sizeBytes);
    }
    throw tooLarge();
  }

  /** The message was only read, and nobody holds what it unfolded to. */
  dropped({ body }: Payload): void {
    this.#give(Math.min(body.length, this.#takenBytes));
  }

  /** The request has ended. */
  end(): void {
    this.#give(this.#takenBytes);
  }

  async #take(sizeBytes: number, signal: AbortSignal | undefined): Promise<void> {
    // One of its branches waits for all of them.
    while (this.#waiting !== undefined) await this.#waiting.catch(() => undefined);
    if (this.#takenBytes > 0) this.#room.add(sizeBytes);
    else await (this.#waiting = this.#room.take(sizeBytes, signal).finally(() => (this.#waiting = undefined)));
    this.#takenBytes += sizeBytes;
  }

  #give(sizeBytes: number): void {
    if (sizeBytes === 0) return;
    this.#takenBytes -= sizeBytes;
    this.#room.give(sizeBytes);
  }
}
