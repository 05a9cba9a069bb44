/** A request that cannot be answered; the protocol at hand makes its own error of it. */
export class RequestError extends Error {
  /** HTTP status; gRPC has the code that matches. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RequestError';
    this.status = status;
  }
}

/** Too much is waiting: HTTP has no better status than 503 for it, gRPC has its own. */
export class OverloadError extends RequestError {
  constructor(waiting: number) {
    super(503, `${waiting} requests are waiting; try again later`);
    this.name = 'OverloadError';
  }
}
