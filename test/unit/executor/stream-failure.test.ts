import { test } from 'node:test';
import assert from 'node:assert/strict';
import { protocolErrors } from '@platformatic/kafka';
import { MillraceError } from '../../../src/base/errors.ts';
import { streamFailure } from '../../../src/executor/stream-failure.ts';
import { classifyKafkaCode, KafkaError } from '../../../src/kafka/kafka-error.ts';

test('whatever stops the stream for a person comes with what that person can do', () => {
  const codes = Object.keys(protocolErrors).filter((code) => classifyKafkaCode(code) === 'fatal');
  assert.ok(codes.length > 10);
  const unknown = streamFailure(new KafkaError('NO_SUCH_CODE', 'no', 'fatal'));
  for (const code of [...codes, 'FENCED_INSTANCE_ID', 'ERROR_TOPIC', 'INVALID_TRANSACTION_TIMEOUT']) {
    const failure = streamFailure(new KafkaError(code, `it said ${code}`, 'fatal'));
    assert.ok(failure instanceof MillraceError && unknown instanceof MillraceError);
    assert.equal(failure.message, `the stream cannot go on: it said ${code}`);
    assert.notEqual(failure.remedy, unknown.remedy, `${code} has no remedy of its own`);
  }
});
