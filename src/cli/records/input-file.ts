import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { errorText, MillraceError } from '../../base/errors.ts';

const CHUNK_BYTES = 256 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * A file of records, or standard input when it is called `-`. A file that gzip or zstd has packed is unpacked on the way; it
 * is known by its first bytes, whatever its name.
 */
export class InputFile {
  /** For messages. */
  readonly name: string;
  /** Bytes on the disk; undefined for standard input and pipes. */
  readonly sizeBytes: number | undefined;
  /** Bytes read from the disk so far; grows over repeated reading. */
  readBytes = 0;
  readonly #path: string;

  private constructor(path: string, sizeBytes: number | undefined) {
    this.#path = path;
    this.name = path === '-' ? 'standard input' : path;
    this.sizeBytes = sizeBytes;
  }

  /** @throws MillraceError FILE_UNREADABLE when there is no such file, or it is a directory */
  static async find(path: string): Promise<InputFile> {
    if (path === '-') return new InputFile(path, undefined);
    try {
      const found = await stat(path);
      if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      return new InputFile(path, found.isFile() ? found.size : undefined);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /** Whether it can be read more than once. */
  get repeatable(): boolean {
    return this.sizeBytes !== undefined;
  }

  /**
   * The content from the beginning, piece by piece. Ends early, without an error, when `stop` is aborted.
   *
   * @throws MillraceError FILE_UNREADABLE, FILE_DAMAGED
   */
  async *chunks(stop: AbortSignal): AsyncGenerator<Buffer> {
    const raw = this.#path === '-' ? process.stdin : createReadStream(this.#path, { highWaterMark: CHUNK_BYTES });
    const end = () => raw.destroy();
    stop.addEventListener('abort', end, { once: true });
    try {
      if (!stop.aborted) yield* await this.#unpacked(raw);
    } catch (error) {
      if (stop.aborted) return;
      throw unreadable(this.name, error);
    } finally {
      stop.removeEventListener('abort', end);
    }
  }

  async #unpacked(raw: Readable): Promise<AsyncIterable<Buffer>> {
    const counted = this.#counted(raw);
    // Standard input can bring its first bytes one by one, and nothing after them for long: wait only where it matters.
    let head = Buffer.alloc(0);
    while ([GZIP, ZSTD].some((mark) => head.length < mark.length && head.equals(mark.subarray(0, head.length)))) {
      const next = await counted.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = prepend(head, counted);
    const unpacker = head.subarray(0, GZIP.length).equals(GZIP)
      ? createGunzip({ chunkSize: CHUNK_BYTES })
      : head.subarray(0, ZSTD.length).equals(ZSTD)
        ? createZstdDecompress({ chunkSize: CHUNK_BYTES })
        : undefined;
    if (unpacker === undefined) return whole;
    // A failure of the source destroys the unpacker, whose reader then sees it.
    return pipeline(Readable.from(whole), unpacker, () => undefined);
  }

  async *#counted(raw: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      this.readBytes += chunk.length;
      yield chunk;
    }
  }
}

async function* prepend(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'is a directory',
  EACCES: 'this user may not read it',
};

function unreadable(name: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
    return new MillraceError(`${name}: the packed data are damaged or cut off (${errorText(error)})`, {
      code: 'FILE_DAMAGED',
      remedy: 'get the file again; gzip -t FILE or zstd -t FILE checks it',
      cause: error,
    });
  }
  return new MillraceError(`${name}: ${REASONS[code] ?? `cannot be read (${errorText(error)})`}`, {
    code: 'FILE_UNREADABLE',
    remedy: "give a file that can be read, or '-' for standard input",
    cause: error,
  });
}
