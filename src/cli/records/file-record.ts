/** A record as it stands in a file. */
export interface FileRecord {
  /** Line, or frame, from 1. */
  readonly number: number;
  readonly bytes: Buffer;
}

/** Most bytes of one record; larger than any broker takes by default, and a bound for the memory that a bad file can cost. */
export const RECORD_LIMIT_BYTES = 64 * 1024 * 1024;
