// Packed messages are small on the wire and large in memory: what they unfold to is bounded over all requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { createExecutor } from '../../../../src/graph/execute.ts';
import type { ModelClient, NodeCall } from '../../../../src/graph/model-client.ts';
import { NodeError } from '../../../../src/graph/node-error.ts';
import type { Payload } from '../../../../src/protocol/payload.ts';

const SIZE = 100_000;
const ROOM = 250_000;

const gzip = (...parts: readonly string[]): Payload => ({
  body: Buffer.concat(parts.map((part) => gzipSync(part))),
  contentType: 'application/json',
  contentEncoding: 'gzip',
});
const answerOf = (sizeBytes: number) => `{"predictions":[${' '.repeat(sizeBytes - 19)}1]}`;
const requestOf = (sizeBytes: number) => `{"instances":[${' '.repeat(sizeBytes - 17)}1]}`;

const unit = (name: string, type: string, ...children: PredictiveUnit[]): PredictiveUnit => ({
  ...{ name, type, children },
  endpoint: { service_host: 'h', httpPort: 1 },
});

/** Every call is held until the test answers it. */
function start(graph: PredictiveUnit) {
  const open: { readonly call: NodeCall; answer(payload: Payload): void }[] = [];
  const client: ModelClient = {
    call: (call) =>
      new Promise((answer, reject) => {
        const cancelled = () => reject(new NodeError('cancelled', { failure: 'cancelled', node: call.nodeName }));
        call.signal?.addEventListener('abort', cancelled);
        open.push({ call, answer });
      }),
    checkReady: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const compiled = compileGraph({ name: 'p', graph }, { protocol: 'tensorflow', transport: 'rest' });
  const { execute } = createExecutor(compiled, client, { unfoldedBytes: ROOM });
  const run = (payload: Payload, signal?: AbortSignal) => {
    const running = execute({ payload, headers: [], puid: 'p', signal });
    running.catch(() => undefined);
    return running;
  };
  /** The calls of a node that are open now. */
  const at = async (node: string) => {
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    const found = open.filter(({ call }) => call.nodeName === node);
    for (const one of found) open.splice(open.indexOf(one), 1);
    return found;
  };
  return { run, at };
}

const chain = () => start(unit('a', 'TRANSFORMER', unit('b', 'MODEL')));
const SMALL: Payload = { body: Buffer.from('{"instances":[1]}'), contentType: 'application/json', contentEncoding: '' };
const DONE: Payload = {
  body: Buffer.from('{"predictions":[1]}'),
  contentType: 'application/json',
  contentEncoding: '',
};

test('of many answers that unfold, only so many are in memory at one time; the others wait as they came', async () => {
  const { run, at } = chain();
  const running = Array.from({ length: 6 }, () => run(SMALL));
  for (const { answer } of await at('a')) answer(gzip(answerOf(SIZE)));
  let done = 0;
  while (done < 6) {
    const calls = await at('b');
    const heldBytes = calls.reduce((sum, { call }) => sum + call.payload.body.length, 0);
    assert.ok(calls.length > 0 && heldBytes <= ROOM, `${heldBytes} bytes in ${calls.length} calls`);
    for (const { call, answer } of calls) {
      assert.match(call.payload.body.toString('utf8', 0, 20), /^\{"instances":/);
      answer(DONE);
      done++;
    }
  }
  assert.equal((await Promise.all(running)).length, 6);
});

test('one that is larger than all the room goes alone, also when it does not say how large it is', async () => {
  const { run, at } = chain();
  void run(SMALL);
  void run(SMALL);
  const text = answerOf(3 * ROOM);
  for (const { answer } of await at('a')) answer(gzip(text.slice(0, -10), text.slice(-10)));
  const [first, ...more] = await at('b');
  assert.equal(more.length, 0);
  assert.equal(first?.call.payload.body.length, text.length - '"predictions"'.length + '"instances"'.length);
  first.answer(DONE);
  assert.equal((await at('b')).length, 1);
});

test('a packed request that is only looked at goes on packed, and takes no room', async () => {
  const { run, at } = start(unit('m', 'MODEL'));
  const packed = gzip(requestOf(SIZE));
  for (let i = 0; i < 5; i++) void run(packed);
  const calls = await at('m');
  assert.equal(calls.length, 5);
  for (const { call } of calls) assert.equal(call.payload, packed);
});

// Each would hold one answer and wait for room for the other.
test('branches of one request do not wait for each other', async () => {
  const branch = (name: string) => unit(`t${name}`, 'TRANSFORMER', unit(`m${name}`, 'MODEL'));
  const { run, at } = start(unit('c', 'COMBINER', branch('0'), branch('1')));
  const running = Array.from({ length: 4 }, () => run(SMALL));
  const first = await at('t0');
  for (const { answer } of [...first, ...(await at('t1'))]) answer(gzip(answerOf(SIZE * 2)));
  let combined = 0;
  for (let turn = 0; turn < 20 && combined < 4; turn++) {
    for (const { answer } of [...(await at('m0')), ...(await at('m1'))]) answer(gzip(answerOf(SIZE)));
    for (const { answer } of await at('c')) {
      answer(DONE);
      combined++;
    }
  }
  assert.equal(combined, 4);
  await Promise.all(running);
});

test('a request that is given up while it waits leaves its place to the next', async () => {
  const { run, at } = chain();
  const stop = new AbortController();
  void run(SMALL);
  const waits = run(SMALL, stop.signal);
  void run(SMALL);
  const sizes = [2 * SIZE, 2 * SIZE, SIZE / 4];
  (await at('a')).forEach(({ answer }, index) => answer(gzip(answerOf(sizes[index] ?? 0))));
  assert.equal((await at('b')).length, 1);
  stop.abort();
  await assert.rejects(waits, { failure: 'cancelled' });
  assert.equal((await at('b')).length, 1);
});

test('a failure gives the room back', async () => {
  const { run, at } = chain();
  for (let i = 0; i < 5; i++) {
    const failing = run(SMALL);
    for (const { answer } of await at('a')) answer(gzip(`${' '.repeat(ROOM - 10)}no json`));
    await assert.rejects(failing, { failure: 'answer' });
  }
  void run(SMALL);
  for (const { answer } of await at('a')) answer(gzip(answerOf(SIZE)));
  assert.equal((await at('b')).length, 1);
});
