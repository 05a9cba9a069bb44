const EMPTY = Buffer.alloc(0);

/** The body of an answer, gathered from its chunks. The only chunk, which most answers have, is not copied. */
export class AnswerBytes {
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;

  add(chunk: Buffer): void {
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#rest === undefined) this.#rest = [chunk];
    else this.#rest.push(chunk);
  }

  /** All that came so far, in order. */
  all(): Buffer {
    if (this.#first === undefined) return EMPTY;
    return this.#rest === undefined ? this.#first : Buffer.concat([this.#first, ...this.#rest]);
  }
}
