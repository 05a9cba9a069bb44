import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/kafka/cluster/cluster.ts';
import { KafkaError } from '../../../../src/kafka/kafka-error.ts';

import type { OutputRecord, RecordHeader } from '../../../../src/kafka/record.ts';
import { recordFinished, type RecordFinished } from '../../../../src/stream/channels.ts';
import type { Delivery } from '../../../../src/stream/delivery/delivery.ts';
import type { Job } from '../../../../src/stream/work/job.ts';
import { Sink, type SinkSettings } from '../../../../src/stream/output/sink.ts';
import { FAILURE, payload, record, workOf } from '../sample.ts';

const TOO_LARGE = new KafkaError('MESSAGE_TOO_LARGE', "'out' refused a record", 'record');

function sinkOf(settings: Partial<SinkSettings> = {}) {
  const sent: OutputRecord[] = [];
  const settled: Job[] = [];
  const failures: KafkaError[] = [];
  const partitions: Record<string, number> = { out: 4, errors: 2 };
  const cluster = {
    topic: (name: string) => {
      const count = partitions[name];
      return count === undefined ? undefined : { name, partitions: Array.from({ length: count }) };
    },
  } as unknown as Cluster;
  const delivery = {
    send: (_job: Job, one: OutputRecord) => void sent.push(one),
    sendNothing: (_job: Job, done: () => void) => done(),
  } as unknown as Delivery;
  const sink = new Sink(
    cluster,
    delivery,
    { outputTopic: 'out', errorTopic: 'errors', partitioner: 'input', ...settings },
    (job) => settled.push(job),
    (error) => failures.push(error),
  );
  const take = () => {
    const one = sent.shift();
    assert.ok(one, 'nothing was sent');
    return one;
  };
  return { sink, take, sent, settled, failures, partitions };
}

const HEADERS: readonly RecordHeader[] = [
  [Buffer.from('Trace'), Buffer.from('t1')],
  [Buffer.from('Seldon-Puid'), Buffer.from('old')],
  [Buffer.from('content-TYPE'), Buffer.from('text/plain')],
  [Buffer.from('twice'), Buffer.from('1')],
  [Buffer.from('twice'), null],
];

function jobOf(partitionCount = 1, number = 0): Job {
  const { work, partitions } = workOf('key', {}, partitionCount);
  const partition = partitions[number];
  assert.ok(partition);
  work.receive(partition, [record(partition, 42, 'k', '{"q":1}', HEADERS)], performance.now());
  const job = work.start(0);
  assert.ok(job);
  job.puid = 'puid-1';
  return job;
}

const pairs = (headers: readonly RecordHeader[]) =>
  headers.map(([name, value]) => [String(name), value === null ? null : value.toString()]);

test("a result carries our headers, then the request's own that say something else", () => {
  const { sink, take, settled } = sinkOf();
  const job = jobOf();
  job.result = { ...payload('answer', 'application/json'), contentEncoding: 'gzip' };
  sink.write(job);
  const one = take();
  assert.deepEqual([one.topic, one.key?.toString(), one.value?.toString()], ['out', 'k', 'answer']);
  assert.deepEqual(pairs(one.headers), [
    ['seldon-puid', 'puid-1'],
    ['content-type', 'application/json'],
    ['millrace-source', 'in/0/42'],
    ['content-encoding', 'gzip'],
    ['Trace', 't1'],
    ['twice', '1'],
    ['twice', null],
  ]);
  assert.deepEqual(settled, []);
  one.settled(undefined);
  assert.deepEqual(settled, [job]);
});

test('an error record is the request, untouched, and what went wrong', () => {
  const { sink, take, settled } = sinkOf();
  const job = jobOf(4, 3);
  job.failure = { ...FAILURE, message: 'm'.repeat(5_000), response: Buffer.alloc(5_000, 'r') };
  sink.write(job);
  const one = take();
  assert.deepEqual([one.topic, one.partition, one.value?.toString()], ['errors', 1, '{"q":1}']);
  assert.deepEqual(one.headers.slice(0, HEADERS.length), HEADERS);
  const own = new Map(pairs(one.headers.slice(HEADERS.length)) as [string, string][]);
  assert.deepEqual(
    [...own.keys()],
    [
      ...['code', 'message', 'node', 'attempts', 'status', 'response', 'time'].map((name) => `millrace-error-${name}`),
      'millrace-source',
    ],
  );
  assert.equal(own.get('millrace-error-code'), 'MODEL_STATUS');
  assert.equal(own.get('millrace-error-attempts'), '1');
  assert.ok((own.get('millrace-error-message')?.length ?? 0) <= 2_049);
  assert.equal(own.get('millrace-error-response')?.length, 2_048);
  assert.match(own.get('millrace-error-time') ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  one.settled(undefined);
  assert.deepEqual(settled, [job]);
});

test('a refused result becomes an error record, a refused error record one with less in it', () => {
  const { sink, take, settled, failures } = sinkOf();
  const job = jobOf();
  job.result = payload('a large answer');
  sink.write(job);
  take().settled(TOO_LARGE);
  const whole = take();
  assert.equal(new Map(pairs(whole.headers) as [string, string][]).get('millrace-error-code'), 'OUTPUT_REFUSED');
  assert.equal(whole.value?.toString(), '{"q":1}');
  whole.settled(TOO_LARGE);
  const withoutValue = take();
  assert.deepEqual([withoutValue.value, withoutValue.key?.toString()], [null, 'k']);
  assert.deepEqual(pairs(withoutValue.headers).at(-1), ['millrace-error-value-left-out', '7 bytes']);
  withoutValue.settled(TOO_LARGE);
  const bare = take();
  assert.deepEqual([bare.value, bare.key], [null, null]);
  assert.ok(pairs(bare.headers).every(([name]) => name?.startsWith('millrace-')));
  assert.deepEqual([settled, failures], [[], []]);
  bare.settled(undefined);
  assert.deepEqual(settled, [job]);
});

test('stops rather than lose a record that is stored in no form', () => {
  const { sink, take, settled, failures } = sinkOf();
  const job = jobOf();
  job.failure = FAILURE;
  sink.write(job);
  for (let form = 0; form < 3; form++) take().settled(TOO_LARGE);
  assert.deepEqual([settled, failures.map(({ code, failure }) => [code, failure])], [[], [['ERROR_TOPIC', 'fatal']]]);
});

test('without an error topic failures are counted and done', (context) => {
  const told: RecordFinished[] = [];
  context.after(recordFinished.subscribe((event) => told.push(event)));
  const { sink, sent, settled } = sinkOf({ errorTopic: undefined });
  const job = jobOf();
  job.failure = FAILURE;
  sink.write(job);
  assert.deepEqual([sent, settled], [[], [job]]);
  assert.deepEqual(
    told.map(({ outcome, errorCode, attempts, offset }) => ({ outcome, errorCode, attempts, offset })),
    [{ outcome: 'dropped', errorCode: 'MODEL_STATUS', attempts: 1, offset: 42 }],
  );
});

test('keys stay on their partition while metadata of the output topic is missing', () => {
  const { sink, take, partitions } = sinkOf({ partitioner: 'murmur2' });
  partitions['out'] = 7;
  const write = () => {
    const job = jobOf();
    job.result = payload('x');
    sink.write(job);
    return take().partition;
  };
  const before = write();
  assert.notEqual(before, 0, 'a key that would show');
  delete partitions['out'];
  assert.equal(write(), before);
});
