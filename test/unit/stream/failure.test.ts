import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NodeError, type NodeErrorDetails, type NodeFailure } from '../../../src/graph/node-error.ts';
import { KafkaError } from '../../../src/kafka/kafka-error.ts';
import { classifyFailure, describeFailure, type FailureClass } from '../../../src/stream/failure.ts';

function nodeError(failure: NodeFailure, details: Partial<NodeErrorDetails> = {}): NodeError {
  return new NodeError(`it failed: ${failure}`, { failure, node: 'classifier', ...details });
}

const BY_FAILURE: Readonly<Record<Exclude<NodeFailure, 'status'>, readonly [FailureClass, string]>> = {
  unreachable: ['wait', 'MODEL_UNREACHABLE'],
  interrupted: ['retry', 'MODEL_INTERRUPTED'],
  timeout: ['retry', 'MODEL_TIMEOUT'],
  cancelled: ['retry', 'MODEL_INTERRUPTED'],
  answer: ['dead-letter', 'MODEL_ANSWER'],
  request: ['dead-letter', 'REQUEST_INVALID'],
};

for (const [failure, [kind, code]] of Object.entries(BY_FAILURE)) {
  test(`'${failure}' is a case of ${kind}`, () => {
    const error = nodeError(failure as NodeFailure);
    assert.equal(classifyFailure(error), kind);
    const { code: told, node, status } = describeFailure(error);
    assert.deepEqual([told, node, status], [code, 'classifier', '']);
  });
}

test('the status decides whether an answer is worth another attempt', () => {
  const sorted = (kind: FailureClass, statuses: readonly (number | string)[]) => {
    for (const status of statuses) assert.equal(classifyFailure(nodeError('status', { status })), kind, String(status));
  };
  sorted('retry', [408, 425, 429, 500, 502, 503, 504, 507, 520, 599]);
  sorted('retry', [
    'UNAVAILABLE',
    'RESOURCE_EXHAUSTED',
    'ABORTED',
    'CANCELLED',
    'DEADLINE_EXCEEDED',
    'INTERNAL',
    'UNKNOWN',
  ]);
  sorted('dead-letter', [301, 304, 400, 401, 403, 404, 409, 413, 415, 422, 501, 505]);
  sorted('dead-letter', ['INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED', 'PERMISSION_DENIED', '']);
  assert.equal(classifyFailure(nodeError('status')), 'dead-letter');
});

test('a refused record is dead-lettered, a lost permission ends the stream', () => {
  assert.equal(classifyFailure(new KafkaError('MESSAGE_TOO_LARGE', 'x', 'record')), 'dead-letter');
  assert.equal(classifyFailure(new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'x', 'fatal')), 'fatal');
  assert.equal(describeFailure(new KafkaError('MESSAGE_TOO_LARGE', 'x', 'record')).code, 'OUTPUT_REFUSED');
});

test('whatever else is thrown is dead-lettered: a fault of ours must not stop the stream', () => {
  for (const thrown of [undefined, null, 0, 'text', {}, Symbol('s'), new TypeError('x is not a function')]) {
    assert.equal(classifyFailure(thrown), 'dead-letter');
    assert.equal(describeFailure(thrown).code, 'INTERNAL');
    assert.equal(typeof describeFailure(thrown).message, 'string');
  }
});

test('says what the model answered', () => {
  const response = Buffer.from('no such model');
  const { code, message, status, response: told } = describeFailure(nodeError('status', { status: 404, response }));
  assert.deepEqual([code, message, status, told], ['MODEL_STATUS', 'it failed: status', '404', response]);
});
