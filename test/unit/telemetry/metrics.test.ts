import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventChannel } from '../../../src/base/channels.ts';
import type { ModelClient, NodeCall } from '../../../src/graph/model-client.ts';
import { NodeError } from '../../../src/graph/node-error.ts';
import {
  brokerRecovered,
  brokerTrouble,
  offsetsCommitted,
  partitionsAssigned,
  partitionsRevoked,
} from '../../../src/kafka/channels.ts';
import {
  modelRecovered,
  modelWaiting,
  recordFinished,
  recordsRead,
  transactionEnded,
  type RecordFinished,
} from '../../../src/stream/channels.ts';
import { requestAnswered } from '../../../src/rpc/channels.ts';
import type { Transport } from '../../../src/protocol/payload.ts';
import type { StreamStatus } from '../../../src/stream/health/status.ts';
import { IDLE } from '../stream/health/idle-stream.ts';
import { createLogger } from '../../../src/telemetry/logs/logger.ts';
import { ModelCallMetrics } from '../../../src/telemetry/metrics/model-call-metrics.ts';
import { createRegistry } from '../../../src/telemetry/metrics/registry.ts';
import { streamGauges } from '../../../src/telemetry/metrics/stream-gauges.ts';
import { Subscriptions } from '../../../src/telemetry/subscriptions.ts';
import { startTelemetry } from '../../../src/telemetry/telemetry.ts';

const silent = () => createLogger({ level: 'fatal', format: 'json', destination: { write: () => undefined } });

/** The samples of a scrape whose name begins so, without comments. */
async function samples(registry: { metrics(): Promise<string> }, name: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
}

const finished = (changes: Partial<RecordFinished>): RecordFinished => ({
  topic: 'in',
  partition: 0,
  offset: 1,
  outcome: 'result',
  errorCode: '',
  attempts: 1,
  endToEndMs: 40,
  processingMs: 20,
  ...changes,
});

test('transactions are counted by their end and by what kept them from it', async () => {
  const { registry, end } = startTelemetry(silent());
  transactionEnded.publish({ outcome: 'committed', reason: '', records: 10, durationMs: 20 });
  transactionEnded.publish({ outcome: 'aborted', reason: 'ILLEGAL_GENERATION', records: 3, durationMs: 5 });
  end();
  assert.deepEqual(await samples(registry, 'millrace_transactions_aborted_total'), [
    'millrace_transactions_aborted_total{reason="ILLEGAL_GENERATION"} 1',
  ]);
  assert.deepEqual(await samples(registry, 'millrace_transaction_seconds_count'), [
    'millrace_transaction_seconds_count{outcome="committed"} 1',
    'millrace_transaction_seconds_count{outcome="aborted"} 1',
  ]);
});

test('records are counted by their end, with their times', async () => {
  const { registry, end } = startTelemetry(silent());
  recordsRead.publish({ topic: 'in', partition: 0, records: 3, sizeBytes: 300 });
  recordFinished.publish(finished({}));
  recordFinished.publish(finished({ endToEndMs: NaN, attempts: 2 }));
  recordFinished.publish(finished({ outcome: 'error', errorCode: 'MODEL_STATUS', attempts: 6 }));
  end();
  recordFinished.publish(finished({}));
  assert.deepEqual(await samples(registry, 'millrace_records_'), [
    'millrace_records_read_total{topic="in"} 3',
    'millrace_records_finished_total{outcome="result",code=""} 2',
    'millrace_records_finished_total{outcome="error",code="MODEL_STATUS"} 1',
  ]);
  assert.deepEqual(await samples(registry, 'millrace_attempts_total'), ['millrace_attempts_total 9']);
  assert.deepEqual(await samples(registry, 'millrace_end_to_end_seconds_count'), [
    'millrace_end_to_end_seconds_count 2',
  ]);
  assert.deepEqual(await samples(registry, 'millrace_processing_seconds_sum'), [
    'millrace_processing_seconds_sum 0.06',
  ]);
});

test('the state of group, brokers and models follows their events', async () => {
  const { registry, end } = startTelemetry(silent());
  const held = { group: 'g', topic: 'in', generation: 1, memberId: 'm' };
  partitionsAssigned.publish({
    ...held,
    partitions: [
      { partition: 0, offset: 5 },
      { partition: 1, offset: 7 },
    ],
  });
  offsetsCommitted.publish({
    group: 'g',
    topic: 'in',
    offsets: [
      { partition: 0, offset: 9 },
      { partition: 1, offset: 8 },
    ],
    durationMs: 2,
  });
  partitionsRevoked.publish({ group: 'g', topic: 'in', partitions: [1], lost: true, reason: 'test' });
  brokerTrouble.publish({ role: 'fetch', what: 'reading', error: 'ECONNREFUSED', attempt: 1, delayMs: 10 });
  modelWaiting.publish({ node: 'm', error: 'away', delayMs: 10 });
  assert.deepEqual(await samples(registry, 'millrace_kafka_assigned_partitions'), [
    'millrace_kafka_assigned_partitions 1',
  ]);
  assert.deepEqual(await samples(registry, 'millrace_kafka_committed_offset'), [
    'millrace_kafka_committed_offset{topic="in",partition="0"} 9',
  ]);
  assert.deepEqual(await samples(registry, 'millrace_kafka_rebalances_total'), [
    'millrace_kafka_rebalances_total{event="assigned"} 1',
    'millrace_kafka_rebalances_total{event="lost"} 1',
  ]);
  assert.ok((await samples(registry, 'millrace_kafka_connected')).includes('millrace_kafka_connected{role="fetch"} 0'));
  assert.deepEqual(await samples(registry, 'millrace_model_waiting'), ['millrace_model_waiting{node="m"} 1']);
  brokerRecovered.publish({ role: 'fetch', broker: 1, downMs: 100, left: 0 });
  modelRecovered.publish({ node: 'm', downMs: 100 });
  assert.ok((await samples(registry, 'millrace_kafka_connected')).includes('millrace_kafka_connected{role="fetch"} 1'));
  assert.deepEqual(await samples(registry, 'millrace_model_waiting'), ['millrace_model_waiting{node="m"} 0']);
  end();
});

test('a listener that throws does not reach the publisher, nor the other listeners', () => {
  const channel = eventChannel<number>('millrace:test:throws');
  const seen: unknown[] = [];
  const subscriptions = new Subscriptions((error, name) => seen.push([name, String(error)]));
  subscriptions.add(channel, () => {
    throw new Error('broken gauge');
  });
  subscriptions.add(channel, (event) => seen.push(event));
  channel.publish(1);
  assert.deepEqual(seen, [['millrace:test:throws', 'Error: broken gauge'], 1]);
  subscriptions.end();
  assert.equal(channel.hasSubscribers, false);
});

test('gauges ask the stream when they are scraped', async () => {
  const registry = createRegistry();
  const now: { status: StreamStatus | undefined } = { status: undefined };
  streamGauges(registry, 'in', () => now.status);
  assert.deepEqual(await samples(registry, 'millrace_in_flight_records'), ['millrace_in_flight_records 0']);
  assert.deepEqual(await samples(registry, 'millrace_lag_records{'), []);
  const at = { position: 1, committed: 1, endOffset: 4, unreadMs: 0 };
  now.status = {
    ...IDLE,
    waitingRecords: 1,
    waitingBytes: 2,
    inFlightRecords: 3,
    openRecords: 4,
    openBytes: 5,
    retryingRecords: 6,
    sinceProgressMs: 7_000,
    partitions: [
      { partition: 0, lag: 3, ...at },
      { partition: 1, lag: undefined, ...at },
    ],
  };
  assert.deepEqual(await samples(registry, 'millrace_in_flight_records'), ['millrace_in_flight_records 3']);
  assert.deepEqual(await samples(registry, 'millrace_since_progress_seconds'), ['millrace_since_progress_seconds 7']);
  assert.deepEqual(await samples(registry, 'millrace_lag_records{'), [
    'millrace_lag_records{topic="in",partition="0"} 3',
  ]);
});

const call: NodeCall = {
  nodeName: 'resnet',
  endpoint: { host: 'h', port: 1 },
  method: 'predict',
  modelName: 'resnet',
  payload: { body: Buffer.from('{}'), contentType: 'application/json', contentEncoding: '' },
  headers: [],
};

function measured(answer: () => ReturnType<ModelClient['call']>, image: string, transport: Transport = 'rest') {
  const registry = createRegistry();
  const inner: ModelClient = { call: answer, checkReady: () => Promise.resolve(), close: () => Promise.resolve() };
  const metrics = new ModelCallMetrics(registry, {
    deploymentName: 'dep',
    protocol: 'tensorflow',
    predictor: {
      name: 'p',
      graph: { name: 'resnet' },
      annotations: { version: 'v7' },
      componentSpecs: [{ spec: { containers: [{ name: 'resnet', image }] } }],
    },
  });
  return { registry, client: metrics.measured(inner, transport) };
}

const COUNT = 'seldon_api_executor_client_requests_seconds_count';

test("model calls are measured with Seldon's labels and buckets", async () => {
  const { registry, client } = measured(() => Promise.resolve(call.payload), 'registry:5000/tf/serving:2.1.0');
  assert.equal(await client.call(call), call.payload);
  await client.call(call);
  assert.deepEqual(await samples(registry, COUNT), [
    `${COUNT}{deployment_name="dep",predictor_name="p",predictor_version="v7",service="/v1/models/resnet:predict",` +
      'method="post",code="200",model_name="resnet",model_image="registry:5000/tf/serving",model_version="2.1.0"} 2',
  ]);
  const buckets = (await samples(registry, 'seldon_api_executor_client_requests_seconds_bucket')).map(
    (line) => /le="([^"]+)"/.exec(line)?.[1],
  );
  const expected = '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf';
  assert.equal(buckets.join(' '), expected);
  const quantiles = (await samples(registry, 'seldon_api_executor_client_requests_seconds_summary{')).map(
    (line) => /quantile="([^"]+)"/.exec(line)?.[1],
  );
  assert.equal(quantiles.join(' '), '0.5 0.75 0.9 0.98 0.99 1');
});

test('gRPC calls are measured however they end, with the names that Go gives to statuses', async () => {
  const node = 'resnet';
  const errors = [
    new NodeError('none', { failure: 'status', node, status: 'NOT_FOUND' }),
    new NodeError('gone', { failure: 'status', node, status: 'CANCELLED' }),
    new NodeError('away', { failure: 'unreachable', node }),
    new NodeError('slow', { failure: 'timeout', node }),
    new NodeError('wrong', { failure: 'request', node }),
  ];
  const answer = () => (errors[0] ? Promise.reject(errors.shift()) : Promise.resolve(call.payload));
  const { registry, client } = measured(answer, 'x', 'grpc');
  while (errors.length > 0) await assert.rejects(client.call(call));
  await client.call(call);
  const codes = (await samples(registry, COUNT)).map((line) => /code="(\w+)"/.exec(line)?.[1]);
  assert.deepEqual(codes, ['NotFound', 'Canceled', 'Unavailable', 'DeadlineExceeded', 'OK']);
});

test('gRPC requests have the codes that Go names', async () => {
  const { registry, end } = startTelemetry(silent(), {
    deploymentName: 'dep',
    predictor: { name: 'p', graph: { name: 'm' } },
  });
  const sample = { service: '/seldon.protos.Seldon/Predict', method: 'unary', durationMs: 1 };
  for (const code of ['OK', 'INVALID_ARGUMENT']) requestAnswered.publish({ ...sample, code });
  requestAnswered.publish({ service: 'predictions', method: 'post', code: '500', durationMs: 1 });
  end();
  const lines = await samples(registry, 'seldon_api_executor_server_requests_seconds_count');
  assert.deepEqual(
    lines.map((line) => /code="(\w+)"/.exec(line)?.[1]),
    ['OK', 'InvalidArgument', '500'],
  );
});

test('an answer that is no success has its code; a call without an answer has no sample, and is counted', async () => {
  const errors = [
    new NodeError('busy', { failure: 'status', node: 'resnet', status: 503 }),
    new NodeError('away', { failure: 'unreachable', node: 'resnet' }),
  ];
  const { registry, client } = measured(() => Promise.reject(errors.shift() ?? new Error('none left')), 'reg:5000/x');
  await assert.rejects(client.call(call), /busy/);
  await assert.rejects(client.call(call), /away/);
  const [only, ...others] = await samples(registry, COUNT);
  assert.match(only ?? '', /code="503".*model_image="reg:5000\/x",model_version=""\} 1$/);
  assert.deepEqual(others, []);
  assert.deepEqual(await samples(registry, 'millrace_model_call_failures_total'), [
    'millrace_model_call_failures_total{node="resnet",failure="status"} 1',
    'millrace_model_call_failures_total{node="resnet",failure="unreachable"} 1',
  ]);
});
