import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { ask } from '../ask.ts';
import { withHttpFront } from '../served-graph.ts';

const MODEL: PredictiveUnit = { name: 'm', type: 'MODEL', endpoint: {} };
const OK = [{ status: 200, bodyText: '{}' }];
const PATH = '/api/v1.0/predictions';

test('a body over the limit is refused, said beforehand or not, and its connection ends', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK }, maxRequestBytes: 2048 }, async ({ port, nodes }) => {
    const announced = await raw(port, `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nabc`);
    assert.match(announced, /^HTTP\/1\.1 413 [^]*connection: close[^]*the request is larger than 2048 bytes/i);
    const chunk = `800\r\n${'x'.repeat(2048)}\r\n`;
    const sent = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`;
    assert.match(await raw(port, sent), /^HTTP\/1\.1 413 /);
    assert.equal(nodes.calls.length, 0);
    const atLimit = await ask(port, PATH, { method: 'POST', body: 'y'.repeat(2048) });
    assert.equal(atLimit.status, 200);
  });
});

test('a body that trickles in ends after its time', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK }, requestTimeoutMs: 200 }, async ({ port }) => {
    const begun = performance.now();
    const socket = connect(port, '127.0.0.1');
    // Not once(): it would reject when the connection is reset, which is an end as good.
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`);
    const drip = setInterval(() => socket.writable && socket.write('x'), 20);
    await ended;
    clearInterval(drip);
    // A byte that comes after the answer resets the connection, and with it goes what has not been read.
    assert.match(received, /^(?:HTTP\/1\.1 408 |$)/);
    assert.ok(performance.now() - begun < 50_000);
  });
});

test('what is no HTTP is answered with 400, and headers that are too large with 431', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port }) => {
    assert.match(await raw(port, '\x16\x03\x01\x02\x00\x01\r\n\r\n'), /^HTTP\/1\.1 400 /);
    const large = `GET /live HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(70_000)}\r\n\r\n`;
    assert.match(await raw(port, large), /^HTTP\/1\.1 431 /);
    assert.equal((await ask(port, '/live')).status, 200);
  });
});

test('JSON that is nested without end, and text that is no UTF-8, fail alone', async () => {
  const graph: PredictiveUnit = { ...MODEL, children: [{ ...MODEL, name: 'n' }] };
  const nodes = { m: [{ status: 200, bodyText: '{"predictions":[]}' }], n: OK };
  await withHttpFront({ protocol: 'tensorflow', graph, nodes }, async ({ port }) => {
    for (const body of [
      `{"a":${'['.repeat(200_000)}`,
      Buffer.from('7b22ff', 'hex'),
      '{"\ud800"',
      '"',
      '',
      'null',
      `{"x":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
    ]) {
      const answer = await ask(port, '/v1/models/:predict', { method: 'POST', body });
      assert.equal(answer.status, 500);
      assert.match(answer.text, /^\{"status":\{"code":500,"info":"[^]+","status":"FAILURE"\}\}$/);
    }
    const good = await ask(port, '/v1/models/:predict', { method: 'POST', body: '{"instances":[1]}' });
    assert.equal(good.status, 200);
  });
});

test('a client that goes away ends the calls of its request', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: [{ ...OK[0], status: 200, delaySeconds: 60 }] } }, async (front) => {
    const gone = new AbortController();
    const asked = ask(front.port, PATH, { method: 'POST', body: '{}', signal: gone.signal });
    const failed = assert.rejects(asked, { name: 'AbortError' });
    for (let tries = 0; front.nodes.calls.length === 0 && tries < 6_000; tries++) await once(timer(), 'done');
    gone.abort();
    await failed;
    assert.ok(front.nodes.calls[0], 'the node was called');
    await front.nodes.calls[0].broken;
  });
});

test('a thousand clients that go away early leave nothing behind', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port, server }) => {
    const starts = [
      '',
      'POST',
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\n`,
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab`,
    ];
    for (let round = 0; round < 10; round++) {
      const sockets = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined);
          await once(socket, 'connect');
          socket.write(starts[index % starts.length] ?? '');
          return socket;
        }),
      );
      for (const [index, socket] of sockets.entries()) {
        if (index % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    assert.equal((await ask(port, PATH, { method: 'POST', body: '{}' })).status, 200);
    assert.equal(await server.close(5_000), true);
  });
});

test('a request under way is answered while the server closes, and new ones are not taken', async () => {
  const nodes = { m: [{ ...OK[0], status: 200, delaySeconds: 0.2 }] };
  await withHttpFront({ graph: MODEL, nodes }, async ({ port, server, nodes: { calls } }) => {
    const asked = ask(port, PATH, { method: 'POST', body: '{}' });
    for (let tries = 0; calls.length === 0 && tries < 6_000; tries++) await once(timer(), 'done');
    const closed = server.close(5_000);
    const answer = await asked;
    assert.deepEqual([answer.status, answer.headers.connection], [200, 'close']);
    assert.equal(await closed, true);
    await assert.rejects(ask(port, '/live'), { code: 'ECONNREFUSED' });
  });
});

/** Sends bytes and returns everything that comes until the server ends the connection, or has answered. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

function timer(): EventTarget {
  const target = new EventTarget();
  setTimeout(() => target.dispatchEvent(new Event('done')), 10);
  return target;
}
