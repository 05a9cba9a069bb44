import { errorText } from '../base/errors.ts';
import { tlsFailure } from './security/tls-failure.ts';

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
  const text = textOf(chain) || errorText(error);
  for (const one of chain) {
    if (codeOf(one) !== 'PLT_KFK_PROTOCOL' || !('apiId' in one) || typeof one.apiId !== 'string') continue;
    const said = 'serverErrorMessage' in one && one.serverErrorMessage ? ` (${String(one.serverErrorMessage)})` : '';
    return new KafkaError(one.apiId, `${one.apiId}${said}`, classifyKafkaCode(one.apiId), error);
  }
  const code = chain.map(codeOf).find((found) => found !== '' && !found.startsWith('PLT_KFK_')) ?? '';
  const tls = tlsFailure(code, text);
  if (tls !== undefined) return new KafkaError(tls.code, tls.message, tls.fatal ? 'fatal' : 'retry', error);
  // A login that was refused without a code of Kafka's: the broker could not prove itself. One that a broken connection ended
  // is none.
  const login = chain.find((one) => codeOf(one) === 'PLT_KFK_AUTHENTICATION');
  if (login !== undefined && !(login.cause instanceof Error)) {
    return new KafkaError('SASL_AUTHENTICATION_FAILED', text, 'fatal', error);
  }
  return new KafkaError(code || 'NETWORK', text, 'retry', error);
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

// The library's frames say less than what they are put around.
const FRAME = /^(Connection error|Connection to \S+ failed\.|Cannot connect to any broker\.)$/;

function textOf(chain: readonly Error[]): string {
  const texts = [...new Set(chain.map((error) => error.message || codeOf(error)))].filter(Boolean);
  const telling = texts.filter((text) => !FRAME.test(text));
  return (telling.length > 0 ? telling : texts).slice(0, 5).join(': ');
}
