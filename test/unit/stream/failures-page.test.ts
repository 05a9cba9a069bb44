// docs/failures.md says what the code does: every status, every code.
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { protocolErrors } from '@platformatic/kafka';
import { FAILURE_CODES } from '../../../src/graph/failure-codes.ts';
import { NodeError, type NodeFailure } from '../../../src/graph/node-error.ts';
import { classifyKafkaCode, type KafkaFailure } from '../../../src/kafka/kafka-error.ts';
import { grpcStatus } from '../../../src/protocol/grpc/status.ts';
import { classifyFailure, describeFailure, EMPTY_RECORD, type FailureClass } from '../../../src/stream/failure.ts';

const page = readFileSync('docs/failures.md', 'utf8');

/** The rows of the table after a mark, cell by cell. */
function rows(mark: string): string[][] {
  const table = new RegExp(`<!-- ${mark} -->([^]*?)<!-- end -->`).exec(page)?.[1] ?? '';
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const quoted = (text: string) => [...text.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code ?? '');
const models = rows('models');
const THEN: Readonly<Record<FailureClass, string>> = {
  retry: 'repeat',
  wait: 'wait',
  'dead-letter': 'error record',
  fatal: 'stop',
};

const then = (failure: NodeFailure, status?: number | string) =>
  THEN[classifyFailure(new NodeError('no', { failure, node: 'm', ...(status === undefined ? {} : { status }) }))];

test('every HTTP status is where the page says', () => {
  const table = models.filter(([what]) => what?.startsWith('REST'));
  for (let status = 300; status < 600; status++) {
    const named = table.filter(([what]) => new RegExp(`\\b${status}\\b`).test(what ?? ''));
    const others = table.filter(([what]) => what?.includes(`${Math.floor(status / 100)}xx`));
    const [found, ...more] = named.length > 0 ? named : others;
    assert.deepEqual([found?.[1], more.length], [then('status', status), 0], String(status));
  }
});

test('every gRPC status is where the page says', () => {
  const table = models.filter(([what]) => what?.startsWith('gRPC'));
  for (let code = 1; code <= 16; code++) {
    const status = grpcStatus(String(code));
    const found = table.filter(([what]) => quoted(what ?? '').includes(status));
    assert.deepEqual(
      found.map(([, action]) => action),
      [then('status', status)],
      status,
    );
  }
});

test('every code of an error record is there, with what the code does before it', () => {
  for (const [failure, code] of Object.entries(FAILURE_CODES) as [NodeFailure, string][]) {
    if (failure === 'status' || failure === 'unreachable') continue;
    const found = models.filter(([, , told]) => told === `\`${code}\``);
    assert.deepEqual(
      found.map(([, action]) => action),
      [then(failure)],
      code,
    );
  }
  assert.deepEqual(
    models.filter(([, action]) => action === 'wait').map(([, , code]) => code),
    [''],
    'no error record of a model that cannot be reached',
  );
  const own = [EMPTY_RECORD.code, 'DEADLINE', 'OUTPUT_REFUSED', describeFailure(new TypeError('x')).code];
  for (const code of own)
    assert.ok(models.some(([, action, told]) => action === 'error record' && told === `\`${code}\``));
});

test('every code of Kafka is where the page says', () => {
  const THEN_KAFKA: Readonly<Record<KafkaFailure, string>> = {
    ...{ retry: 'repeat', record: 'record', fenced: 'rejoin', fatal: 'stop' },
  };
  const table = rows('kafka');
  const [others] = table.filter(([what]) => what?.startsWith('everything else'));
  assert.equal(others?.[1], 'repeat');
  for (const code of Object.keys(protocolErrors)) {
    const named = table.filter(([what]) => quoted(what ?? '').includes(code));
    // A static member that lost its name must not take it back.
    const expected = code === 'FENCED_INSTANCE_ID' ? 'stop' : THEN_KAFKA[classifyKafkaCode(code)];
    assert.deepEqual([(named[0] ?? others)?.[1], named.length < 2], [expected, true], code);
  }
});
