import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { NodeCall } from '../../../../src/graph/model-client.ts';
import { nodeCalled } from '../../../../src/graph/channels.ts';
import { NodeError, type NodeFailure } from '../../../../src/graph/node-error.ts';
import { createRestClient, type RestClientOptions } from '../../../../src/models/rest/rest-client.ts';
import { deadEndpoint } from '../dead-endpoint.ts';
import { httpAnswer, RawServer, type Answer } from './raw-server.ts';
import { until } from '../../../until.ts';

const JSON_TYPE = 'content-type: application/json';

async function start(t: TestContext, answer: Answer, options: Partial<RestClientOptions> = {}) {
  const server = await RawServer.start(answer);
  const client = createRestClient({ protocol: 'seldon', timeoutMs: 60_000, ...options });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  const call = (extra: Partial<NodeCall> = {}) => client.call({ ...nodeCall(server.endpoint), ...extra });
  return { server, client, call };
}

function nodeCall(endpoint: NodeCall['endpoint'], body = '{"in":1}'): NodeCall {
  return {
    nodeName: 'm',
    endpoint,
    method: 'predict',
    modelName: 'm',
    payload: { body: Buffer.from(body), contentType: 'application/json', contentEncoding: '' },
    headers: ['Seldon-Puid', 'p1'],
  };
}

async function failure(promise: Promise<unknown>): Promise<NodeError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof NodeError, `not a NodeError: ${String(error)}`);
    assert.equal(error.node, 'm');
    return error;
  }
  throw new assert.AssertionError({ message: 'the call did not fail' });
}

test('a call goes out whole and its answer comes back whole', async (t) => {
  const seen: string[] = [];
  const { call } = await start(t, (socket, request) => {
    seen.push(request.toString());
    socket.write(httpAnswer(200, '{"out":1.0}', [JSON_TYPE]));
  });
  const answer = await call();
  assert.equal(answer.body.toString(), '{"out":1.0}');
  assert.deepEqual([answer.contentType, answer.contentEncoding], ['application/json', '']);
  assert.match(seen[0] ?? '', /^POST \/predict HTTP\/1\.1\r\n/);
  assert.match(seen[0] ?? '', /\r\nContent-Type: application\/json\r\n/i);
  assert.match(seen[0] ?? '', /\r\nSeldon-Puid: p1\r\n/);
  assert.match(seen[0] ?? '', /\r\ncontent-length: 8\r\n/);
  assert.ok(seen[0]?.endsWith('\r\n\r\n{"in":1}'));
});

test('an empty body is a POST of nothing, and an encoding is told', async (t) => {
  const seen: string[] = [];
  const { call } = await start(t, (socket, request) => {
    seen.push(request.toString());
    socket.write(httpAnswer(200, '{}'));
  });
  await call({ payload: { body: Buffer.alloc(0), contentType: '', contentEncoding: 'gzip' } });
  assert.match(seen[0] ?? '', /^POST .*content-length: 0\r\n/s);
  assert.match(seen[0] ?? '', /Content-Encoding: gzip\r\n/);
});

test('an answer in many parts is put together', async (t) => {
  const body = 'x'.repeat(300_000);
  const { call } = await start(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    for (let at = 0; at < body.length; at += 1_000) socket.write(`3e8\r\n${body.slice(at, at + 1_000)}\r\n`);
    socket.write('0\r\n\r\n');
  });
  assert.equal((await call()).body.toString(), body);
});

test('a connection is used again, and calls side by side have their own', async (t) => {
  const waiting: (() => void)[] = [];
  const { server, call } = await start(t, (socket) => {
    waiting.push(() => socket.write(httpAnswer(200, '{}')));
  });
  const answerAll = () => waiting.splice(0).forEach((answer) => answer());
  for (let i = 0; i < 20; i++) {
    const running = [call(), call()];
    await until('two calls wait', () => waiting.length === 2);
    answerAll();
    await Promise.all(running);
  }
  // A connection can be used again one turn of the event loop after its answer; the next call may open another meanwhile.
  assert.ok(server.connections <= 4, `${server.connections} connections`);
});

test('calls beyond the connections wait for a free one', async (t) => {
  let most = 0;
  let now = 0;
  const { server, call } = await start(
    t,
    (socket) => {
      most = Math.max(most, ++now);
      setImmediate(() => {
        now--;
        socket.write(httpAnswer(200, '{}'));
      });
    },
    { maxConnectionsPerNode: 3 },
  );
  await Promise.all(Array.from({ length: 50 }, () => call()));
  assert.ok(server.connections <= 3 && most <= 3, `${server.connections} connections, ${most} at once`);
});

test('nothing listens: unreachable', async (t) => {
  const { call } = await start(t, () => undefined);
  const error = await failure(call({ endpoint: await deadEndpoint() }));
  assert.equal(error.failure, 'unreachable');
  assert.match(error.message, /^node 'm' at http:\/\/127\.0\.0\.1:\d+\/predict cannot be reached: .*ECONNREFUSED/);
});

test('a host that does not exist: unreachable', async (t) => {
  const { call } = await start(t, () => undefined);
  const error = await failure(call({ endpoint: { host: 'no-such-host.invalid', port: 1 } }));
  assert.equal(error.failure, 'unreachable');
});

interface Trouble {
  readonly what: string;
  readonly answer: Answer;
  readonly failure: NodeFailure;
  readonly message: RegExp;
  readonly status?: number;
  readonly options?: Partial<RestClientOptions>;
}

const html = '<html>gateway</html>';

const troubles: readonly Trouble[] = [
  {
    what: 'closes without a word',
    answer: (s) => s.end(),
    failure: 'interrupted',
    message: /broke the connection off.*other side closed/,
  },
  { what: 'resets the connection', answer: (s) => s.resetAndDestroy(), failure: 'interrupted', message: /ECONNRESET/ },
  {
    what: 'stops in the head',
    answer: (s) => s.end('HTTP/1.1 200 OK\r\ncontent-le'),
    failure: 'interrupted',
    message: /broke the connection off/,
  },
  {
    what: 'stops in the body',
    answer: (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
    failure: 'interrupted',
    status: 200,
    message: /broke the connection off/,
  },
  {
    what: 'stops in a chunk',
    answer: (s) => s.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhalf'),
    failure: 'interrupted',
    status: 200,
    message: /broke the connection off/,
  },
  {
    what: 'never answers',
    answer: () => undefined,
    failure: 'timeout',
    message: /has not answered within 200 ms/,
    options: { timeoutMs: 200 },
  },
  {
    what: 'never ends its answer',
    answer: (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
    failure: 'timeout',
    status: 200,
    message: /within 200 ms/,
    options: { timeoutMs: 200 },
  },
  {
    what: 'speaks another protocol',
    answer: (s) => s.write('SSH-2.0-OpenSSH_9.6\r\n'),
    failure: 'answer',
    message: /not HTTP/,
  },
  {
    what: 'answers with a page',
    answer: (s) => s.write(httpAnswer(200, html, ['Content-Type: text/html; charset=utf-8'])),
    failure: 'answer',
    status: 200,
    message: /200 with a page of HTML \('text\/html; charset=utf-8'\)/,
  },
  {
    what: 'answers with nothing',
    answer: (s) => s.write(httpAnswer(200, '')),
    failure: 'answer',
    status: 200,
    message: /200 with an empty body/,
  },
  {
    what: 'answers with too much',
    answer: (s) => s.write(httpAnswer(200, 'x'.repeat(5_000))),
    failure: 'answer',
    status: 200,
    message: /more than 1000 bytes/,
    options: { maxResponseBytes: 1_000 },
  },
  {
    what: 'answers without end',
    answer: (s) => {
      s.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = () => void (s.destroyed || s.write(`400\r\n${'x'.repeat(1024)}\r\n`, () => setImmediate(more)));
      more();
    },
    failure: 'answer',
    status: 200,
    message: /more than 100000 bytes/,
    options: { maxResponseBytes: 100_000 },
  },
  {
    what: 'unfolds without end',
    answer: (s) => s.write(httpAnswer(200, gzipSync(Buffer.alloc(1_000_000)), ['content-encoding: gzip'])),
    failure: 'answer',
    status: 200,
    message: /gzip body that cannot be read/,
    options: { maxResponseBytes: 100_000 },
  },
  {
    what: 'sends a broken gzip body',
    answer: (s) => s.write(httpAnswer(200, 'no gzip', ['content-encoding: gzip'])),
    failure: 'answer',
    status: 200,
    message: /gzip body that cannot be read/,
  },
  {
    what: 'has a head without end',
    answer: (s) => s.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
    failure: 'answer',
    message: /not HTTP/,
  },
  {
    what: 'redirects',
    answer: (s) => s.write(httpAnswer(307, '', ['location: /x'])),
    failure: 'status',
    status: 307,
    message: /answered 307/,
  },
];

for (const { what, answer, failure: kind, message, status, options } of troubles) {
  test(`a node that ${what}: ${kind}`, async (t) => {
    const { call } = await start(t, answer, options);
    const error = await failure(call());
    assert.equal(error.failure, kind, error.message);
    assert.match(error.message, message);
    assert.equal(error.status, status);
  });
}

test('a failure status keeps the start of the answer, its type and Retry-After', async (t) => {
  const big = `{"e":"${'x'.repeat(200_000)}"}`;
  const answer: Answer = (socket, _request, count) => {
    socket.write(count === 0 ? httpAnswer(503, big, [JSON_TYPE, 'Retry-After: 7']) : httpAnswer(200, '{}'));
  };
  const { server, call } = await start(t, answer, { maxConnectionsPerNode: 1 });
  const error = await failure(call());
  assert.deepEqual(
    [error.failure, error.status, error.responseType, error.retryAfterMs],
    ['status', 503, 'application/json', 7_000],
  );
  assert.equal(error.response?.length, 64 * 1024);
  assert.ok(big.startsWith(error.response.toString()));
  // The rest was read, so the connection was not lost over it.
  await call();
  assert.equal(server.connections, 1);
});

test('a gzip answer is opened, unless the caller asked for it', async (t) => {
  const { call } = await start(t, (socket) => {
    socket.write(httpAnswer(200, gzipSync('{"out":1}'), [JSON_TYPE, 'Content-Encoding: gzip']));
  });
  const opened = await call();
  assert.deepEqual([opened.body.toString(), opened.contentEncoding], ['{"out":1}', '']);
  const asked = await call({ headers: ['accept-encoding', 'gzip'] });
  assert.deepEqual([asked.body[0], asked.contentEncoding], [0x1f, 'gzip']);
});

test('a kept connection that dies under the next call is interrupted, and the call after it works', async (t) => {
  const answer: Answer = (socket, _request, count) => {
    if (count === 0) socket.write(httpAnswer(200, '{}'));
    else socket.destroy();
  };
  const { server, call } = await start(t, answer, { maxConnectionsPerNode: 1 });
  await call();
  assert.equal((await failure(call())).failure, 'interrupted');
  await call();
  assert.equal(server.connections, 2);
});

test('a kept connection that was closed meanwhile costs nothing', async (t) => {
  const { server, call } = await start(t, (socket) => socket.write(httpAnswer(200, '{}')));
  for (let i = 0; i < 3; i++) {
    await call();
    for (const socket of server.sockets) socket.end();
    await until('the connection is closed', () => server.sockets.size === 0);
  }
  assert.equal(server.connections, 3);
});

test('a call that is cancelled ends at once and takes its connection with it', async (t) => {
  let requests = 0;
  const { server, call } = await start(t, () => void requests++);
  const controller = new AbortController();
  const running = failure(call({ signal: controller.signal }));
  await until('the server has the request', () => requests === 1);
  controller.abort();
  assert.equal((await running).failure, 'cancelled');
  await until('the connection is closed', () => server.sockets.size === 0);
  assert.equal((await failure(call({ signal: controller.signal }))).failure, 'cancelled');
  assert.equal(requests, 1);
});

test('a call that is given up while it waits for a connection is never sent', async (t) => {
  const answers: (() => void)[] = [];
  const { call } = await start(t, (socket) => void answers.push(() => socket.write(httpAnswer(200, '{}'))), {
    maxConnectionsPerNode: 1,
  });
  const first = call();
  const controller = new AbortController();
  const second = failure(call({ signal: controller.signal }));
  await until('the first answer can be sent', () => answers.length === 1);
  controller.abort();
  assert.equal((await second).failure, 'cancelled');
  answers[0]?.();
  await first;
  const third = call();
  await until('the second answer can be sent', () => answers.length === 2);
  answers[1]?.();
  await third;
  assert.equal(answers.length, 2);
});

test('a call that never gets a connection is unreachable: nothing was sent', async (t) => {
  const { call } = await start(t, () => undefined, { maxConnectionsPerNode: 1, timeoutMs: 300 });
  const first = failure(call());
  const second = failure(call());
  assert.equal((await first).failure, 'timeout');
  const error = await second;
  assert.equal(error.failure, 'unreachable');
  assert.match(error.message, /no connection is free/);
});

test('closing cancels what is under way, and later calls', async (t) => {
  let requests = 0;
  const { client, call } = await start(t, () => void requests++);
  const running = failure(call());
  await until('the server has the request', () => requests === 1);
  await client.close();
  assert.equal((await running).failure, 'cancelled');
  assert.equal((await failure(call())).failure, 'cancelled');
});

test('a header that HTTP cannot carry is the fault of the request', async (t) => {
  const { call } = await start(t, (socket) => socket.write(httpAnswer(200, '{}')));
  assert.equal((await failure(call({ headers: ['a b', '1'] }))).failure, 'request');
});

test('ready: a connection is enough by default', async (t) => {
  const { client, server } = await start(t, () => undefined);
  await client.checkReady('m', server.endpoint);
  const error = await failure(client.checkReady('m', await deadEndpoint()));
  assert.equal(error.failure, 'unreachable');
});

test('ready: with full checks the node must say so', async (t) => {
  const answers = [httpAnswer(503, 'loading'), httpAnswer(200, '')];
  const paths: string[] = [];
  const { client, server } = await start(
    t,
    (socket, request) => {
      paths.push(request.toString().split('\r\n')[0] ?? '');
      const answer = answers.shift();
      if (answer !== undefined) socket.write(answer);
    },
    { protocol: 'v2', fullHealthChecks: true, readyTimeoutMs: 200 },
  );
  const loading = await failure(client.checkReady('m', server.endpoint));
  assert.deepEqual([loading.failure, loading.status], ['status', 503]);
  await client.checkReady('m', server.endpoint);
  assert.equal((await failure(client.checkReady('m', server.endpoint))).failure, 'timeout');
  assert.equal((await failure(client.checkReady('m', await deadEndpoint()))).failure, 'unreachable');
  assert.deepEqual(new Set(paths), new Set(['GET /v2/health/ready HTTP/1.1']));
});

test('whoever listens learns of every call', async (t) => {
  const answer: Answer = (socket, _request, count) => socket.write(httpAnswer(count === 0 ? 200 : 500, '{}'));
  const { call } = await start(t, answer, { maxConnectionsPerNode: 1 });
  const events: unknown[] = [];
  const stop = nodeCalled.subscribe(({ node, method, status, failure: kind, durationMs }) => {
    events.push([node, method, status, kind, durationMs > 0]);
  });
  t.after(stop);
  await call();
  await failure(call());
  assert.deepEqual(events, [
    ['m', 'predict', 200, undefined, true],
    ['m', 'predict', 500, 'status', true],
  ]);
});
