import { classifyKafkaCode, KafkaError, toKafkaError, type KafkaFailure } from '../kafka-error.ts';

/**
 * What a failure means for the transaction it happened in:
 * - `retry`: passes by itself; the writer repeats the call until its limit;
 * - `record`: the broker will never store this record; the transaction can go on without it;
 * - `abort`: this transaction cannot be committed; abort it, and the same work can be done in the next one;
 * - `renew`: as `abort`, and the broker has lost what it knew of the writer, which needs a new epoch (`abort` gets it);
 * - `revoked`: the consumer group has given the partitions of the offsets to somebody else: abort, and drop the work;
 * - `fenced`: another writer with the same id has begun, or the transaction took longer than its time-out: this writer is at its end;
 * - `unknown`: no answer within the limit; of a commit it is not known whether it went through. The next writer with
 *   this id waits for the outcome, and the group's offsets tell it;
 * - `fatal`: a person must act.
 */
export type TransactionEnding = 'retry' | 'record' | 'abort' | 'renew' | 'revoked' | 'fenced' | 'unknown' | 'fatal';

/** A failed call of a transaction. */
export class TransactionError extends KafkaError {
  readonly ending: TransactionEnding;

  constructor(code: string, message: string, ending: TransactionEnding, cause?: unknown) {
    super(code, message, FAILURES[ending], cause);
    this.name = 'TransactionError';
    this.ending = ending;
  }
}

const FAILURES: Readonly<Record<TransactionEnding, KafkaFailure>> = {
  retry: 'retry',
  abort: 'retry',
  renew: 'retry',
  unknown: 'retry',
  record: 'record',
  revoked: 'fenced',
  fenced: 'fenced',
  fatal: 'fatal',
};

// What differs from Kafka's other calls. The sources are the protocol's list of errors and KIP-98, 360, 447, 588, 890.
const ENDINGS: Readonly<Record<string, TransactionEnding>> = {
  INVALID_PRODUCER_EPOCH: 'fenced',
  PRODUCER_FENCED: 'fenced',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'renew',
  UNKNOWN_PRODUCER_ID: 'renew',
  INVALID_PRODUCER_ID_MAPPING: 'renew',
  INVALID_TXN_STATE: 'renew',
  TRANSACTION_ABORTABLE: 'abort',
  ILLEGAL_GENERATION: 'revoked',
  UNKNOWN_MEMBER_ID: 'revoked',
  FENCED_INSTANCE_ID: 'revoked',
  STALE_MEMBER_EPOCH: 'revoked',
  FENCED_MEMBER_EPOCH: 'revoked',
  REBALANCE_IN_PROGRESS: 'revoked',
  INVALID_TRANSACTION_TIMEOUT: 'fatal',
  TRANSACTIONAL_ID_NOT_FOUND: 'fatal',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'fatal',
  OFFSET_METADATA_TOO_LARGE: 'fatal',
  INVALID_COMMIT_OFFSET_SIZE: 'fatal',
};

/** Sorts Kafka's error names for calls of a transaction. Total, as `classifyKafkaCode` is. */
export function endingOf(code: string): TransactionEnding {
  const own = ENDINGS[code];
  if (own !== undefined) return own;
  const failure = classifyKafkaCode(code);
  return failure === 'fenced' ? 'fenced' : failure;
}

/** An error code in an answer, as an error; undefined for `NONE`. */
export function codeError(code: string, what: string): TransactionError | undefined {
  return code === 'NONE' ? undefined : new TransactionError(code, `${what}: ${code}`, endingOf(code));
}

/** Whatever a call of a transaction threw, classified. Total. */
export function toTransactionError(thrown: unknown): TransactionError {
  if (thrown instanceof TransactionError) return thrown;
  const error = toKafkaError(thrown);
  // What was not answered by a broker's code is sorted already.
  const ending = error.failure === 'retry' || error.failure === 'fenced' ? endingOf(error.code) : error.failure;
  return new TransactionError(error.code, error.message, ending, error);
}

/** Of several failures of one step the one that decides: what does not pass by itself comes first. */
export function gravest(errors: readonly TransactionError[]): TransactionError | undefined {
  return errors.find(({ ending }) => ending !== 'retry') ?? errors[0];
}
