import { eventChannel } from '../base/channels.ts';

/** A record has come to its end: its result or its error record is stored by the broker (or, with error topic `none`, counted). */
export interface RecordFinished {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly outcome: 'result' | 'error' | 'dropped';
  /** Code of the error record; empty for a result. */
  readonly errorCode: string;
  readonly attempts: number;
  /** From the record's own timestamp to the broker's acknowledgement; NaN where the record has none. */
  readonly endToEndMs: number;
  /** From being read to the broker's acknowledgement. */
  readonly processingMs: number;
}
/** A record has come to its end: its result or error record is stored, or it was counted and dropped. */
export const recordFinished = eventChannel<RecordFinished>('millrace:stream:finished');

/** Records were read from the input topic. */
export const recordsRead = eventChannel<{
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  readonly sizeBytes: number;
}>('millrace:stream:read');

/** An attempt failed and will be repeated. */
export const attemptFailed = eventChannel<{
  readonly partition: number;
  readonly offset: number;
  readonly node: string;
  readonly attempt: number;
  readonly error: string;
  readonly delayMs: number;
}>('millrace:stream:attempt-failed');

/** A record became an error record: what its headers will say. */
export const recordRejected = eventChannel<{
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly node: string;
  readonly message: string;
}>('millrace:stream:rejected');

/** A model (or the whole graph) cannot be reached: records wait. */
export const modelWaiting = eventChannel<{ readonly node: string; readonly error: string; readonly delayMs: number }>(
  'millrace:stream:model-waiting',
);
/** The model that records waited for can be reached again. */
export const modelRecovered = eventChannel<{ readonly node: string; readonly downMs: number }>(
  'millrace:stream:model-recovered',
);

/** Headers of a record that cannot travel to the models. */
export const headersLeftOut = eventChannel<{ readonly count: number }>('millrace:stream:headers-left-out');

/** A transaction of results, error records and offsets has ended (delivery `exactly-once`). */
export const transactionEnded = eventChannel<{
  readonly outcome: 'committed' | 'aborted';
  /** Why it was aborted: Kafka's name of the error. Its records are sent again. */
  readonly reason: string;
  readonly records: number;
  readonly durationMs: number;
}>('millrace:stream:transaction');
