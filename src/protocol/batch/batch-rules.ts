import type { Payload } from '../payload.ts';

/** What one request brings to a batch. */
export interface BatchPart {
  /** Rows along the first axis of its tensors; at least one. */
  readonly rows: number;
  /** Requests of one kind can be merged: but for their rows (and ids) they say the same. */
  readonly kind: string;
}

/** How several requests become one, and one answer becomes several: a protocol's rules over one transport. */
export interface BatchRules<P extends BatchPart = BatchPart> {
  /** Undefined for a request that has to go alone: it is no message with rows, or one that is not understood. */
  part(payload: Payload): P | undefined;
  /** One request with the rows of all, in their order. The parts are of one kind. */
  merge(parts: readonly P[]): Payload;
  /**
   * The answer of each part.
   *
   * @throws MessageError for an answer that does not have a row for each row that was asked
   */
  split(answer: Payload, parts: readonly P[]): readonly Payload[];
}
