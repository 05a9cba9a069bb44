import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { errorText, MillraceError } from '../../base/errors.ts';

/** Where records are written: standard output or a file, which is made anew. */
export class RecordOutput {
  readonly #stream: Writable;
  readonly #path: string;
  readonly #failed = Promise.withResolvers<never>();

  private constructor(stream: Writable, path: string) {
    this.#stream = stream;
    this.#path = path;
    this.#failed.promise.catch(() => undefined);
    // Standard output that is closed ends the program, for every command alike.
    if (path !== '') stream.on('error', (error) => this.#failed.reject(unwritable(path, error)));
  }

  /**
   * @param path empty for standard output
   * @throws MillraceError FILE_UNWRITABLE
   */
  static async open(path: string): Promise<RecordOutput> {
    if (path === '') return new RecordOutput(process.stdout, path);
    const stream = createWriteStream(path);
    try {
      await once(stream, 'open');
    } catch (error) {
      throw unwritable(path, error);
    }
    return new RecordOutput(stream, path);
  }

  /** Rejects when the file cannot be written any more (the disk is full). */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** @returns undefined when more can be written at once, else what to wait for */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#stream.write(bytes)) return undefined;
    return new Promise((resolve) => this.#stream.once('drain', resolve));
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    if (this.#path === '') return;
    const done = finished(this.#stream);
    this.#stream.end();
    await Promise.race([done, this.failed]);
  }
}

function unwritable(path: string, error: unknown): MillraceError {
  return new MillraceError(`'${path}' cannot be written: ${errorText(error)}`, {
    code: 'FILE_UNWRITABLE',
    remedy: 'choose another place with --output, or make room',
    cause: error,
  });
}
