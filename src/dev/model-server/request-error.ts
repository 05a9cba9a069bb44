/** A request that cannot be answered; the protocol at hand makes its own error body of it. */
export class RequestError extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RequestError';
    this.status = status;
  }
}
