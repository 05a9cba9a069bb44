import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Delivery, type DeliveryOptions } from '../../../../src/telemetry/payload-log/delivery.ts';
import type { LoggedPayload } from '../../../../src/telemetry/payload-log/logged-payload.ts';
import { DeliveryError, type Receiver } from '../../../../src/telemetry/payload-log/receiver.ts';
import { passed } from './passed.ts';

type Answer = 'taken' | 'hang' | DeliveryError;

/** A receiver in memory, and what became of the events. */
class Scene {
  readonly attempts: LoggedPayload[] = [];
  readonly ends: string[] = [];
  retries = 0;
  readonly delivery: Delivery;
  readonly #hanging: ((error: DeliveryError) => void)[] = [];

  constructor(answer: (payload: LoggedPayload, attempt: number) => Answer, options: Partial<DeliveryOptions> = {}) {
    const receiver: Receiver = {
      name: 'receiver',
      send: (payload) => {
        this.attempts.push(payload);
        const told = answer(payload, this.attempts.filter(({ id }) => id === payload.id).length);
        if (told === 'taken') return Promise.resolve();
        if (told === 'hang') return new Promise((_, reject) => void this.#hanging.push(reject));
        return Promise.reject(told);
      },
      close: () => {
        for (const reject of this.#hanging) reject(new DeliveryError('closed', false));
        return Promise.resolve();
      },
    };
    const limits = { maxEvents: 5, maxBytes: 1_000_000, concurrency: 2, attempts: 3, ...options };
    const backoff = { initialMs: 1, maxMs: 1 };
    this.delivery = new Delivery(
      receiver,
      { backoff, ...limits },
      {
        sent: ({ body }) => this.ends.push(`sent ${body.toString()}`),
        dropped: (reason) => this.ends.push(reason),
        retried: () => this.retries++,
      },
    );
  }
}

const away = new DeliveryError('no connection', true);

test('events are delivered in their order, each with an id and a time of its own', async () => {
  const { delivery, ends, attempts } = new Scene(() => 'taken', { concurrency: 1 });
  for (const body of ['a', 'b', 'c']) delivery.take(passed(body));
  await delivery.close(5_000);
  assert.deepEqual(ends, ['sent a', 'sent b', 'sent c']);
  assert.equal(new Set(attempts.map(({ id }) => id)).size, 3);
  for (const { timeMs } of attempts) assert.ok(Math.abs(timeMs - Date.now()) < 60_000);
});

test('nothing happens within the call that brings an event', async () => {
  const { delivery, attempts } = new Scene(() => 'taken');
  delivery.take(passed('a'));
  assert.equal(attempts.length, 0);
  await setImmediate();
  await setImmediate();
  assert.equal(attempts.length, 1);
});

test('with a receiver that hangs, the queue stays in its bounds and the rest is dropped at once', async () => {
  const scene = new Scene(() => 'hang');
  for (let i = 0; i < 1_000; i++) {
    scene.delivery.take(passed(String(i)));
    if (i % 100 === 0) await setImmediate();
    assert.ok(scene.delivery.events <= 5);
  }
  assert.equal(scene.ends.filter((end) => end === 'full').length, 995);
  await scene.delivery.close(0);
  assert.equal(scene.ends.filter((end) => end === 'shutdown').length, 5);
  assert.equal(scene.ends.length, 1_000);
  assert.equal(scene.delivery.events, 0);
});

test('the bytes are bounded too, the small objects around tiny bodies included', () => {
  const { delivery, ends } = new Scene(() => 'hang', { maxEvents: 1_000_000, maxBytes: 20_000 });
  delivery.take(passed(Buffer.alloc(30_000)));
  assert.deepEqual(ends, ['too-large']);
  for (let i = 0; i < 1_000; i++) delivery.take(passed(''));
  assert.ok(delivery.events < 100, `${delivery.events} events`);
  assert.ok(delivery.bytes <= 20_000);
});

test('what passes is tried again under the same id', async () => {
  const scene = new Scene((_payload, attempt) => (attempt < 3 ? away : 'taken'));
  scene.delivery.take(passed('a'));
  await scene.delivery.close(5_000);
  assert.deepEqual(scene.ends, ['sent a']);
  assert.equal(scene.attempts.length, 3);
  assert.equal(scene.retries, 2);
});

test('attempts have an end', async () => {
  const scene = new Scene(() => away);
  scene.delivery.take(passed('a'));
  await scene.delivery.close(5_000);
  assert.deepEqual(scene.ends, ['failed']);
  assert.equal(scene.attempts.length, 3);
});

test('what was refused is not tried again', async () => {
  const scene = new Scene(() => new DeliveryError('400', false));
  scene.delivery.take(passed('a'));
  await scene.delivery.close(5_000);
  assert.deepEqual(scene.ends, ['refused']);
  assert.equal(scene.attempts.length, 1);
});

test('after the end nothing is taken', async () => {
  const { delivery, ends } = new Scene(() => 'taken');
  await delivery.close(0);
  delivery.take(passed('a'));
  assert.deepEqual(ends, ['shutdown']);
});

test('gzip is unpacked, and what is no gzip is dropped', async () => {
  const { delivery, ends, attempts } = new Scene(() => 'taken', { concurrency: 1 });
  const gzip = (body: Buffer) => ({ body, contentType: 'application/json', contentEncoding: 'gzip' });
  delivery.take(passed('', { payload: gzip(gzipSync('{"packed":1}')) }));
  delivery.take(passed('', { payload: gzip(Buffer.from('not gzip')) }));
  delivery.take(passed('', { payload: { ...gzip(Buffer.from('br bytes')), contentEncoding: 'br' } }));
  await delivery.close(5_000);
  assert.deepEqual(ends, ['sent {"packed":1}', 'unreadable', 'sent br bytes']);
  assert.deepEqual(
    attempts.map(({ contentEncoding }) => contentEncoding),
    ['', 'br'],
  );
});

test('what unfolds to more than there is room for is dropped', async () => {
  const { delivery, ends } = new Scene(() => 'taken', { maxBytes: 100_000 });
  const body = gzipSync(Buffer.alloc(200_000));
  delivery.take(passed('', { payload: { body, contentType: 'x/y', contentEncoding: 'gzip' } }));
  await delivery.close(5_000);
  assert.deepEqual(ends, ['too-large']);
  assert.equal(delivery.bytes, 0);
});

test('an event that waits keeps its own bytes alive, not all that a fetch brought', async () => {
  const fetched = Buffer.alloc(1_000_000, 'x');
  const { delivery, attempts } = new Scene(() => 'taken');
  delivery.take(passed('', { payload: { body: fetched.subarray(10, 20), contentType: '', contentEncoding: '' } }));
  fetched.fill('y');
  await delivery.close(5_000);
  assert.equal(attempts[0]?.body.toString(), 'x'.repeat(10));
  assert.equal(attempts[0].body.buffer.byteLength, 10);
});
