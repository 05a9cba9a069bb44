import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  protocolErrors,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka';
import { tlsRemedy } from '../../../src/kafka/security/tls-failure.ts';
import { classifyKafkaCode, KafkaError, toKafkaError, type KafkaFailure } from '../../../src/kafka/kafka-error.ts';

const PRODUCE = 0;

/** What must not be sorted as "passes by itself": a person would wait for ever, or a record be sent for ever. */
const EXPECTED: Readonly<Record<string, KafkaFailure>> = {
  MESSAGE_TOO_LARGE: 'record',
  RECORD_LIST_TOO_LARGE: 'record',
  INVALID_RECORD: 'record',
  INVALID_TIMESTAMP: 'record',
  UNSUPPORTED_COMPRESSION_TYPE: 'record',
  UNKNOWN_MEMBER_ID: 'fenced',
  ILLEGAL_GENERATION: 'fenced',
  FENCED_INSTANCE_ID: 'fenced',
  INVALID_PRODUCER_EPOCH: 'fenced',
  PRODUCER_FENCED: 'fenced',
  STALE_MEMBER_EPOCH: 'fenced',
  FENCED_MEMBER_EPOCH: 'fenced',
  TOPIC_AUTHORIZATION_FAILED: 'fatal',
  GROUP_AUTHORIZATION_FAILED: 'fatal',
  CLUSTER_AUTHORIZATION_FAILED: 'fatal',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'fatal',
  UNSUPPORTED_VERSION: 'fatal',
  UNSUPPORTED_SASL_MECHANISM: 'fatal',
  ILLEGAL_SASL_STATE: 'fatal',
  SASL_AUTHENTICATION_FAILED: 'fatal',
  INVALID_TOPIC_EXCEPTION: 'fatal',
  INVALID_GROUP_ID: 'fatal',
  INVALID_SESSION_TIMEOUT: 'fatal',
  INCONSISTENT_GROUP_PROTOCOL: 'fatal',
  INVALID_REQUEST: 'fatal',
  INVALID_PARTITIONS: 'fatal',
  INVALID_CONFIG: 'fatal',
  POLICY_VIOLATION: 'fatal',
  GROUP_MAX_SIZE_REACHED: 'fatal',
};

test('sorts every error of the protocol, alone and inside an answer', () => {
  const names = Object.keys(protocolErrors);
  assert.ok(names.length > 100);
  for (const name of Object.keys(EXPECTED)) assert.ok(names.includes(name), `${name} is no error of Kafka`);
  for (const [name, { code }] of Object.entries(protocolErrors)) {
    const expected = EXPECTED[name] ?? 'retry';
    assert.equal(classifyKafkaCode(name), expected, name);
    const answer = new ResponseError(PRODUCE, 11, { '/': [code, 'said the broker'] }, {});
    const error = toKafkaError(answer);
    assert.deepEqual([error.code, error.failure], [name, expected]);
    assert.match(error.message, /said the broker/);
    assert.equal(error.cause, answer);
  }
});

test('an unknown code passes by itself', () => {
  assert.equal(classifyKafkaCode('UNKNOWN_4711'), 'retry');
});

test('refused credentials are fatal wherever they are wrapped', () => {
  const refused = new AuthenticationError('SASL authentication failed.', {
    cause: new ResponseError(36, 2, { '/': [58, 'bad password'] }, {}),
  });
  const connection = new NetworkError('Connection to b:9092 failed.', { cause: refused });
  for (const error of [refused, connection, new MultipleErrors('Cannot connect to any broker.', [connection])]) {
    assert.deepEqual([toKafkaError(error).code, toKafkaError(error).failure], ['SASL_AUTHENTICATION_FAILED', 'fatal']);
  }
});

test('a broker that goes away in the middle of a login is no refusal', () => {
  const closed = new NetworkError('Connection closed');
  const login = new AuthenticationError('SASL authentication failed.', { cause: closed });
  const error = toKafkaError(new NetworkError('Connection to b:9092 failed.', { cause: login }));
  assert.deepEqual([error.code, error.failure], ['NETWORK', 'retry']);
  const forged = toKafkaError(new AuthenticationError('Invalid server signature.'));
  assert.deepEqual([forged.code, forged.failure], ['SASL_AUTHENTICATION_FAILED', 'fatal']);
  const wrongPort = new AuthenticationError('Cannot find a suitable SASL mechanism.', {
    cause: new ResponseError(17, 1, { '/': [34, null] }, {}),
  });
  assert.deepEqual([toKafkaError(wrongPort).code, toKafkaError(wrongPort).failure], ['ILLEGAL_SASL_STATE', 'fatal']);
});

const TLS_CODES = [
  ['CERT_HAS_EXPIRED', 'TLS_EXPIRED'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_UNTRUSTED'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNTRUSTED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_HOST_NAME'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'TLS_CLIENT_REFUSED'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS_CLIENT_REFUSED'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_NOT_SPOKEN'],
  ['ERR_SSL_NO_PROTOCOLS_AVAILABLE', 'TLS'],
] as const;

test('a certificate that does not fit is fatal, a broken connection passes', () => {
  const coded = (code: string) =>
    new NetworkError('Connection to b:9092 failed.', { cause: Object.assign(new Error(code), { code }) });
  for (const [code, expected] of TLS_CODES) {
    const { code: found, failure, message } = toKafkaError(coded(code));
    assert.deepEqual([found, failure], [expected, 'fatal'], code);
    assert.ok(message.includes(code), message);
    assert.match(tlsRemedy(found) ?? '', /KAFKA_/);
  }
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE']) {
    const error = toKafkaError(new MultipleErrors('Cannot connect to any broker.', [coded(code)]));
    assert.deepEqual([error.code, error.failure], [code, 'retry'], code);
    assert.ok(error.message.includes(code), 'says why');
  }
  const plain = new NetworkError('Connection closed', { cause: new UserError('Broker requires TLS.') });
  assert.deepEqual([toKafkaError(plain).code, toKafkaError(plain).failure], ['TLS_REQUIRED', 'fatal']);
  const reset = Object.assign(new Error('Client network socket disconnected'), { code: 'ECONNRESET' });
  const cut = new UserError('TLS handshake failed. Please verify the broker supports TLS.', { cause: reset });
  assert.deepEqual([toKafkaError(cut).code, toKafkaError(cut).failure], ['TLS_CUT_OFF', 'retry']);
  assert.match(toKafkaError(cut).message, /KAFKA_SECURITY_PROTOCOL/);
});

test('a request without an answer passes', () => {
  assert.equal(toKafkaError(new TimeoutError('Request timed out', { canRetry: true })).failure, 'retry');
});

test('takes whatever is thrown', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  for (const thrown of [undefined, null, 0, 'text', {}, [], Symbol('s'), new Error(''), new TypeError('x'), loop]) {
    const error = toKafkaError(thrown);
    assert.ok(error instanceof KafkaError);
    assert.equal(error.failure, 'retry');
    assert.equal(typeof error.message, 'string');
  }
  const own = new KafkaError('X', 'y', 'fatal');
  assert.equal(toKafkaError(own), own);
});
