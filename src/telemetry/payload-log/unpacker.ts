import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isGzip, MAX_GUNZIPPED_BYTES } from '../../protocol/gunzip.ts';
import type { LoggedPayload } from './logged-payload.ts';

const unzip = promisify(gunzip);

/** Unpacks gzip bodies beside the event loop, one at a time: what it holds beyond the queue's bound is one body. */
export class Unpacker {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * The event as receivers want it: without gzip. Other encodings stay.
   *
   * @throws Error for a body that is no gzip, or unfolds to more than 64 MiB
   */
  async unpack(payload: LoggedPayload): Promise<LoggedPayload> {
    if (!isGzip(payload.contentEncoding)) return payload;
    const unpacked = this.#last.then(() => unzip(payload.body, { maxOutputLength: MAX_GUNZIPPED_BYTES }));
    this.#last = unpacked.catch(() => undefined);
    return { ...payload, body: await unpacked, contentEncoding: '' };
  }
}
