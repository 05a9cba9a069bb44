import type { LoggedPayload } from './logged-payload.ts';

/** Where events go. */
export interface Receiver {
  /** For messages; holds no secret. */
  readonly name: string;
  /** Resolves when the receiver has taken the event; every failure is a `DeliveryError`. Bounded in time, or ended by `close`. */
  send(payload: LoggedPayload): Promise<void>;
  /** Ends what is under way, with an error. Never rejects. */
  close(): Promise<void>;
}

/** An event was not taken. `passes`: another attempt may go well. */
export class DeliveryError extends Error {
  readonly passes: boolean;

  constructor(message: string, passes: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DeliveryError';
    this.passes = passes;
  }
}
