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
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
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
  const chain = [...withCauses(error)];
  const text = [...new Set(chain.map(ownText))].filter(Boolean).slice(0, 5).join(': ') || errorText(error);
  // Refused credentials come wrapped in the connection's error, a broker's error code in the answer's.
  if (chain.some((one) => codeOf(one) === 'PLT_KFK_AUTHENTICATION')) {
    return new KafkaError('SASL_AUTHENTICATION_FAILED', text, 'fatal', error);
  }
  for (const one of chain) {
    if (codeOf(one) !== 'PLT_KFK_PROTOCOL' || !('apiId' in one) || typeof one.apiId !== 'string') continue;
    const said = 'serverErrorMessage' in one && one.serverErrorMessage ? ` (${String(one.serverErrorMessage)})` : '';
    return new KafkaError(one.apiId, `${one.apiId}${said}`, classifyKafkaCode(one.apiId), error);
  }
  const code = chain.map(codeOf).find((found) => found !== '' && !found.startsWith('PLT_KFK_')) ?? 'NETWORK';
  return isTlsRefusal(code, text)
    ? new KafkaError('TLS', text, 'fatal', error)
    : new KafkaError(code, text, 'retry', error);
}

// A certificate that does not fit will not fit the next time either; a broken connection may.
function isTlsRefusal(code: string, text: string): boolean {
  return (
    /^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_SSL_|ERR_OSSL_)/.test(code) ||
    text.includes('Broker requires TLS') ||
    text.includes('verify the broker supports TLS')
  );
}

const MAX_CHAIN = 30;

/** The error, its causes and the members of aggregates, outermost first. */
function* withCauses(error: unknown): Generator<Error> {
  const open = [error];
  for (let seen = 0; open.length > 0 && seen < MAX_CHAIN; seen++) {
    const at = open.shift();
    if (!(at instanceof Error)) continue;
    yield at;
    open.push(at.cause, ...(at instanceof AggregateError ? (at.errors as unknown[]) : []));
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function ownText(error: Error): string {
  return error.message || codeOf(error);
}
