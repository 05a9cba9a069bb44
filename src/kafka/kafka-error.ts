import { findErrorBy } from '@platformatic/kafka';
import { errorText } from '../base/errors.ts';

/**
 * What a failed Kafka call means:
 * - `retry`: passes by itself (broker away, leader moves, coordinator loads): try again with backoff, fresh metadata first;
 * - `record`: this record (or batch) can never be stored: too large, refused by the broker's checks;
 * - `fenced`: another member took our place, or the group gave our partitions away: rejoin;
 * - `fatal`: a person must act: not authorised, wrong credentials, version unknown.
 */
export type KafkaFailure = 'retry' | 'record' | 'fenced' | 'fatal';

/** A failed Kafka call, classified. `code` is Kafka's own error name, or the network's. */
export class KafkaError extends Error {
  readonly code: string;
  readonly failure: KafkaFailure;

  constructor(code: string, message: string, failure: KafkaFailure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KafkaError';
    this.code = code;
    this.failure = failure;
  }
}

const RECORD = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);
const FENCED = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'STALE_MEMBER_EPOCH',
  'FENCED_MEMBER_EPOCH',
]);
const FATAL = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'SASL_AUTHENTICATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_REQUEST',
  'POLICY_VIOLATION',
  'GROUP_MAX_SIZE_REACHED',
]);

/** Sorts Kafka's error names. Total: a name not listed passes by itself, which is what most of Kafka's errors do. */
export function classifyKafkaCode(code: string): KafkaFailure {
  if (RECORD.has(code)) return 'record';
  if (FENCED.has(code)) return 'fenced';
  if (FATAL.has(code)) return 'fatal';
  return 'retry';
}

/** Turns whatever a library call threw into a classified error. Total. */
export function toKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const protocol = findErrorBy(error as Error, 'code', 'PLT_KFK_PROTOCOL') as {
    apiId?: string;
    serverErrorMessage?: string;
  } | null;
  if (protocol?.apiId !== undefined) {
    const said = protocol.serverErrorMessage ? ` (${protocol.serverErrorMessage})` : '';
    return new KafkaError(protocol.apiId, `${protocol.apiId}${said}`, classifyKafkaCode(protocol.apiId), error);
  }
  const authentication = findErrorBy(error as Error, 'code', 'PLT_KFK_AUTHENTICATION');
  if (authentication) return new KafkaError('SASL_AUTHENTICATION_FAILED', errorText(authentication), 'fatal', error);
  const text = errorText(error);
  if (isTlsRefusal(error, text)) return new KafkaError('TLS', text, 'fatal', error);
  return new KafkaError(networkCode(error), text, 'retry', error);
}

// A certificate that does not fit will not fit the next time either; a broken connection may.
function isTlsRefusal(error: unknown, text: string): boolean {
  const code = networkCode(error);
  return (
    /^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_SSL_)/.test(code) ||
    text.includes('Broker requires TLS') ||
    text.includes('verify the broker supports TLS')
  );
}

function networkCode(error: unknown): string {
  let found = 'NETWORK';
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; depth++) {
    if ('code' in at && typeof at.code === 'string' && !at.code.startsWith('PLT_KFK_')) return at.code;
    if ('code' in at && at.code === 'PLT_KFK_TIMEOUT') found = 'REQUEST_TIMED_OUT';
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return found;
}
