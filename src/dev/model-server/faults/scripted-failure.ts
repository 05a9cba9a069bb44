import { RequestError } from '../request-error.ts';
import type { StatusCode } from '../status-code.ts';

/** A failure that was asked for. */
export class ScriptedFailure extends RequestError {
  readonly grpcCode: number;
  /** What the caller is told to wait, milliseconds; 0 for nothing. */
  readonly retryAfterMs: number;

  constructor(because: string, code: StatusCode, retryAfterMs: number) {
    super(code.http, `scripted failure (${because})`);
    this.name = 'ScriptedFailure';
    this.grpcCode = code.grpc;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The connection is to be cut instead of an answer. */
export class ScriptedReset extends Error {
  constructor(because: string) {
    super(`scripted reset (${because})`);
    this.name = 'ScriptedReset';
  }
}
