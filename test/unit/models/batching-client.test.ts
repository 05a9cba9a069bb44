import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelClient, NodeCall } from '../../../src/graph/model-client.ts';
import { NodeError } from '../../../src/graph/node-error.ts';
import { BatchingClient } from '../../../src/models/batching/batching-client.ts';
import { Batcher } from '../../../src/models/batching/batcher.ts';
import { batchRules } from '../../../src/protocol/batch/rules.ts';
import type { Payload } from '../../../src/protocol/payload.ts';

const LIMITS = { size: 4, delayMs: 10, sizeBytes: 10_000 };

const payload = (text: string): Payload => ({ body: Buffer.from(text), contentType: 'application/json', contentEncoding: '' }); // prettier-ignore
const predict = (rows: unknown[], more: Partial<NodeCall> = {}): NodeCall => ({
  nodeName: 'm',
  endpoint: { host: 'h', port: 1 },
  method: 'predict',
  modelName: 'm',
  payload: payload(JSON.stringify({ instances: rows })),
  headers: ['Seldon-Puid', 'p'],
  mayBatch: true,
  ...more,
});

/** A model that answers each row with itself doubled, and fails a call for which `fails` gives an error. */
function model(fails: (rows: number[]) => Error | undefined = () => undefined) {
  const calls: number[][] = [];
  const client: ModelClient = {
    async call(call) {
      const { instances } = JSON.parse(call.payload.body.toString()) as { instances: number[] };
      calls.push(instances);
      const error = fails(instances);
      if (error !== undefined) throw error;
      return Promise.resolve(payload(JSON.stringify({ predictions: instances.map((row) => row * 2) })));
    },
    checkReady: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const batching = new BatchingClient(client, batchRules('tensorflow', 'rest'), LIMITS);
  const ask = async (call: NodeCall) => (await batching.call(call)).body.toString();
  return { calls, batching, ask };
}

test('calls that come together go as one, and each gets its own rows', async () => {
  const { calls, ask } = model();
  const answers = await Promise.all([ask(predict([1])), ask(predict([2, 3])), ask(predict([4])), ask(predict([5]))]);
  assert.deepEqual(calls, [[1, 2, 3, 4, 5]]);
  assert.deepEqual(answers, ['{"predictions":[2]}', '{"predictions":[4,6]}', '{"predictions":[8]}', '{"predictions":[10]}']); // prettier-ignore
});

test('a call that finds no others goes alone when its time is over, untouched', async () => {
  const { calls, ask } = model();
  assert.equal(await ask(predict([1])), '{"predictions":[2]}');
  assert.deepEqual(calls, [[1]]);
});

test('calls that may not be batched, with other headers, or of other methods do not wait for each other', async () => {
  const { calls, ask } = model();
  await Promise.all([
    ask(predict([1], { mayBatch: false })),
    ask(predict([2], { headers: ['tenant', 'a'] })),
    ask(predict([3], { headers: ['tenant', 'b', 'Seldon-Puid', 'q'] })),
    ask(predict([4], { headers: ['tenant', 'b', 'Seldon-Puid', 'r', 'traceparent', 't'] })),
    ask(predict([5], { method: 'route' })),
  ]);
  assert.deepEqual(calls.map((rows) => rows.join()).sort(), ['1', '2', '3,4', '5']); // prettier-ignore
});

test('a batch that one of its requests may have spoilt is taken apart: only that one fails', async () => {
  const spoilt = new NodeError('no', { failure: 'status', node: 'm', status: 400 });
  const { calls, ask } = model((rows) => (rows.includes(3) ? spoilt : undefined));
  const answers = await Promise.allSettled([1, 2, 3, 4].map((row) => ask(predict([row]))));
  assert.deepEqual(calls, [[1, 2, 3, 4], [1], [2], [3], [4]]);
  assert.deepEqual(answers.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled']); // prettier-ignore
});

test('a busy or unreachable model gets no more calls from a batch: all its requests fail alike', async () => {
  for (const details of [{ failure: 'status', status: 503 }, { failure: 'unreachable' }] as const) {
    const error = new NodeError('not now', { node: 'm', ...details });
    const { calls, ask } = model(() => error);
    const answers = await Promise.allSettled([1, 2, 3, 4].map((row) => ask(predict([row]))));
    assert.deepEqual(calls, [[1, 2, 3, 4]]);
    assert.ok(answers.every((answer) => answer.status === 'rejected' && answer.reason === error));
  }
});

test('an answer without a row for each row asked takes the batch apart', async () => {
  const { batching, calls } = model();
  const short = new BatchingClient(
    {
      ...batching,
      call: (call) => {
        const rows = (JSON.parse(call.payload.body.toString()) as { instances: number[] }).instances;
        calls.push(rows);
        return Promise.resolve(payload(rows.length > 1 ? '{"predictions":[0]}' : '{"predictions":[1]}'));
      },
      checkReady: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    batchRules('tensorflow', 'rest'),
    LIMITS,
  );
  const answers = await Promise.all([short.call(predict([1])), short.call(predict([2]))]);
  assert.deepEqual(calls, [[1, 2], [1], [2]]);
  assert.deepEqual(answers.map(({ body }) => body.toString()), ['{"predictions":[1]}', '{"predictions":[1]}']); // prettier-ignore
});

test('a caller that gives up leaves the batch; the others go on', async () => {
  const { calls, ask } = model();
  const giveUp = new AbortController();
  const gone = ask(predict([1], { signal: giveUp.signal }));
  const stays = ask(predict([2]));
  giveUp.abort();
  await assert.rejects(gone, /cancelled/);
  assert.equal(await stays, '{"predictions":[4]}');
  assert.deepEqual(calls, [[2]]);
});

test('a batch is sent when it is full, when it is large, and when its first request has waited long enough', () => {
  const batcher = new Batcher<number>({ size: 3, delayMs: 5, sizeBytes: 100 });
  assert.deepEqual(batcher.add('a', 1, 10, 0), []);
  assert.deepEqual(batcher.add('b', 2, 10, 1), []);
  assert.equal(batcher.nextDueMs, 5);
  assert.deepEqual(batcher.add('a', 3, 10, 2), []);
  assert.deepEqual(batcher.add('a', 4, 10, 3), [[1, 3, 4]]);
  assert.deepEqual(batcher.due(5), []);
  assert.deepEqual(batcher.due(6), [[2]]);
  assert.deepEqual(batcher.add('c', 5, 60, 7), []);
  assert.deepEqual(batcher.add('c', 6, 60, 7), [[5]], 'the second does not fit in');
  assert.deepEqual(batcher.add('c', 7, 40, 8), [[6, 7]], 'as many bytes as may be');
  assert.equal(batcher.nextDueMs, Infinity);
  assert.deepEqual(batcher.add('d', 8, 1, 9), []);
  assert.equal(batcher.remove('d', 8), true);
  assert.equal(batcher.remove('d', 8), false);
  assert.equal(batcher.nextDueMs, Infinity);
});
