import { eventChannel } from '../../base/channels.ts';

/** A call was made for several requests, or for one that found no others in time. */
export interface BatchSent {
  readonly node: string;
  /** Requests in the call. */
  readonly requests: number;
}

export const batchSent = eventChannel<BatchSent>('millrace:models:batch-sent');

/** A batch failed in a way that may be one request's fault: each of its requests was sent again alone. */
export interface BatchTakenApart {
  readonly node: string;
  readonly requests: number;
  readonly error: string;
}

export const batchTakenApart = eventChannel<BatchTakenApart>('millrace:models:batch-taken-apart');
