import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { nodeCalled } from '../../../../src/graph/channels.ts';
import type { ModelClient, NodeCall, NodeEndpoint } from '../../../../src/graph/model-client.ts';
import { NodeError, type NodeFailure } from '../../../../src/graph/node-error.ts';
import { createGrpcClient, type GrpcClientOptions } from '../../../../src/models/grpc/grpc-client.ts';
import { deadEndpoint } from '../dead-endpoint.ts';
import { ScriptedGrpcNodes } from '../../graph/scripted-grpc-node.ts';
import { answerGrpc, frame, RawGrpcServer, startProxy, startTcp, type RawGrpcHandler } from './raw-grpc-server.ts';
import { until } from '../../../until.ts';

const PREDICT = '/inference.GRPCInferenceService/ModelInfer';

function newClient(context: TestContext, options: Partial<GrpcClientOptions> = {}): ModelClient {
  const client = createGrpcClient({ protocol: 'v2', timeoutMs: 60_000, ...options });
  context.after(() => client.close());
  return client;
}

async function rawServer(context: TestContext, handler: RawGrpcHandler, maxConcurrentStreams?: number) {
  const settings = maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams };
  const server = await RawGrpcServer.start(handler, settings);
  context.after(() => server.close());
  return server;
}

const call = (endpoint: NodeEndpoint, body: Buffer | string = 'request', more: Partial<NodeCall> = {}): NodeCall => ({
  nodeName: 'm',
  endpoint,
  method: 'predict',
  modelName: 'm',
  payload: {
    body: Buffer.from(body),
    contentType: 'application/protobuf',
    contentEncoding: '',
    messageName: 'inference.ModelInferRequest',
  },
  headers: ['Seldon-Puid', 'p'],
  ...more,
});

async function failure(calling: Promise<unknown>, kind: NodeFailure, pattern: RegExp): Promise<NodeError> {
  const error = await calling.then(
    () => assert.fail('the call succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NodeError, String(error));
  assert.equal(error.failure, kind, error.message);
  assert.match(error.message, pattern);
  assert.equal(error.node, 'm');
  return error;
}

test('a call to a server of another make: bytes, metadata and the name of the answer', async (context) => {
  const nodes = new ScriptedGrpcNodes();
  context.after(() => nodes.close());
  const endpoint = await nodes.start('m', [{ path: PREDICT, answer: Buffer.from('answer') }], [PREDICT]);
  const headers = ['Seldon-Puid', 'p', 'x-a', '1', 'x-a', '2', 'raw-bin', 'AAE'];
  const answer = await newClient(context).call(call(endpoint, 'request', { headers }));
  assert.equal(answer.body.toString(), 'answer');
  assert.equal(answer.messageName, 'inference.ModelInferResponse');
  assert.equal(answer.contentType, 'application/protobuf');
  const [seen] = nodes.calls;
  assert.equal(seen?.body.toString(), 'request');
  assert.deepEqual(seen?.metadata.get('seldon-puid'), ['p']);
  assert.deepEqual(seen?.metadata.get('x-a'), ['1, 2']);
  assert.deepEqual(seen?.metadata.get('raw-bin'), [Buffer.from([0, 1])]);
});

test('large messages go both ways, many at once, each to its own caller', async (context) => {
  const { endpoint } = await rawServer(context, (stream, request) => answerGrpc(stream, request));
  const client = newClient(context);
  const bodies = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i === 0 ? 20_000_000 : 200_000 + i, i));
  const answers = await Promise.all(bodies.map((body) => client.call(call(endpoint, body))));
  answers.forEach((answer, i) => assert.ok(answer.body.equals(bodies[i] ?? Buffer.alloc(0)), `answer ${i}`));
});

test('random bytes of any length come back as they went', async (context) => {
  const { endpoint } = await rawServer(context, (stream, request) => answerGrpc(stream, request));
  const client = newClient(context);
  for (const length of [0, 1, 5, 16_379, 16_384, 65_535, 65_536]) {
    const body = Buffer.from(Array.from({ length }, (_, i) => (i * 31) % 256));
    assert.deepEqual((await client.call(call(endpoint, body))).body, body);
  }
});

test('a failure has the name of its code and the decoded message', async (context) => {
  const { endpoint } = await rawServer(context, (stream) => {
    const trailers = { 'grpc-status': '8', 'grpc-message': 'no caf%C3%A9 left', 'grpc-retry-pushback-ms': '1500' };
    answerGrpc(stream, Buffer.alloc(0), trailers);
  });
  const error = await failure(newClient(context).call(call(endpoint)), 'status', /RESOURCE_EXHAUSTED: no café left/);
  assert.equal(error.status, 'RESOURCE_EXHAUSTED');
  assert.equal(error.retryAfterMs, 1_500);
  assert.match(error.message, /node 'm' at 127\.0\.0\.1:\d+\/inference\.GRPCInferenceService\/ModelInfer/);
});

test('a failure can be its trailers alone', async (context) => {
  const { endpoint } = await rawServer(context, (stream) => {
    const headers = {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '3',
      'grpc-message': 'bad shape',
    };
    stream.respond(headers, { endStream: true });
  });
  const error = await failure(newClient(context).call(call(endpoint)), 'status', /INVALID_ARGUMENT: bad shape/);
  assert.equal(error.status, 'INVALID_ARGUMENT');
});

test('a proxy that answers without a gRPC status', async (context) => {
  const { endpoint } = await rawServer(context, (stream, request) => {
    const status = Number(request.subarray(5).toString());
    stream.respond({ ':status': status, 'content-type': 'text/html' });
    stream.end('<h1>no upstream</h1>');
  });
  const client = newClient(context);
  const gone = await failure(client.call(call(endpoint, '503')), 'status', /UNAVAILABLE: HTTP status 503/);
  assert.equal(gone.status, 'UNAVAILABLE');
  assert.equal(gone.response?.toString(), '<h1>no upstream</h1>');
  await failure(client.call(call(endpoint, '200')), 'answer', /'text\/html': that is no gRPC/);
});

test('answers that cannot be used', async (context) => {
  const answers: Readonly<Record<string, () => Buffer>> = {
    none: () => Buffer.alloc(0),
    two: () => Buffer.concat([frame('a'), frame('b')]),
    short: () => frame('abc').subarray(0, 7),
    large: () => frame(Buffer.alloc(2_000)),
    bomb: () => frame(gzipSync(Buffer.alloc(1_000_000)), 1),
    strange: () => frame('abc', 1),
  };
  const { endpoint } = await rawServer(context, (stream, request) => {
    const kind = request.subarray(5).toString();
    const encoding = kind === 'strange' ? 'snappy' : 'gzip';
    answerGrpc(stream, answers[kind]?.() ?? Buffer.alloc(0), { 'grpc-status': '0' }, { 'grpc-encoding': encoding });
  });
  const client = newClient(context, { maxResponseBytes: 1_999 });
  await failure(client.call(call(endpoint, 'none')), 'answer', /it has no message/);
  await failure(client.call(call(endpoint, 'two')), 'answer', /more than one message/);
  await failure(client.call(call(endpoint, 'short')), 'answer', /cut short: 7 of 8 bytes/);
  await failure(client.call(call(endpoint, 'large')), 'answer', /more than 1999 bytes/);
  await failure(client.call(call(endpoint, 'bomb')), 'answer', /gzip cannot be unpacked to 1999 bytes/);
  await failure(client.call(call(endpoint, 'strange')), 'answer', /compressed with 'snappy'/);
});

test('a compressed answer is unpacked', async (context) => {
  const { endpoint } = await rawServer(context, (stream) =>
    answerGrpc(stream, frame(gzipSync('answer'), 1), { 'grpc-status': '0' }, { 'grpc-encoding': 'gzip' }),
  );
  assert.equal((await newClient(context).call(call(endpoint))).body.toString(), 'answer');
});

test('nobody listens, or not for HTTP/2, or nobody speaks: unreachable', async (context) => {
  const client = newClient(context, { connectTimeoutMs: 300 });
  await failure(client.call(call(await deadEndpoint())), 'unreachable', /ECONNREFUSED/);
  const http1 = await startTcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const closing = await startTcp((socket) => socket.end());
  const silent = await startTcp(() => undefined);
  for (const { close } of [http1, closing, silent]) context.after(close);
  await failure(client.call(call(http1.endpoint)), 'unreachable', /cannot be reached/);
  await failure(client.call(call(closing.endpoint)), 'unreachable', /cannot be reached/);
  await failure(client.call(call(silent.endpoint)), 'unreachable', /no HTTP\/2 connection within 300 ms/);
  await failure(client.call(call({ host: 'not a host', port: 1 })), 'unreachable', /Invalid URL/);
});

test('a connection that breaks after the request was sent: interrupted, and the next call makes a new one', async (context) => {
  let calls = 0;
  const server = await rawServer(context, (stream, request, session) => {
    calls++;
    if (request.includes('break')) session.destroy();
    else if (request.includes('reset')) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else answerGrpc(stream, request);
  });
  const client = newClient(context);
  await failure(client.call(call(server.endpoint, 'break')), 'interrupted', /before its answer was complete/);
  await failure(client.call(call(server.endpoint, 'reset')), 'interrupted', /before its answer was complete/);
  assert.equal((await client.call(call(server.endpoint, 'fine'))).body.toString(), 'fine');
  assert.equal(calls, 3);
});

test('a call ends at its deadline, which the server knows, and is cancelled there', async (context) => {
  const timeouts: string[] = [];
  const closed: Promise<unknown>[] = [];
  const { endpoint } = await rawServer(context, (stream, _request, _session, headers) => {
    timeouts.push(String(headers['grpc-timeout']));
    closed.push(once(stream, 'close'));
  });
  await failure(
    newClient(context, { timeoutMs: 150 }).call(call(endpoint)),
    'timeout',
    /has not answered within 150 ms/,
  );
  assert.match(timeouts.join(), /^(1[0-4]\d|150|\d\d?)m$/);
  await Promise.all(closed);
});

test('a server that says nothing at all gets a new connection after the deadline', async (context) => {
  const server = await rawServer(context, (stream, request) => answerGrpc(stream, request));
  const proxy = await startProxy(server.endpoint);
  context.after(proxy.close);
  const client = newClient(context, { timeoutMs: 200, keepaliveMs: 60_000 });
  await client.call(call(proxy.endpoint));
  proxy.state.silent = true;
  await failure(client.call(call(proxy.endpoint)), 'timeout', /200 ms/);
  proxy.state.silent = false;
  assert.equal((await client.call(call(proxy.endpoint, 'again'))).body.toString(), 'again');
  assert.equal(proxy.state.connections, 2);
});

test('a dead connection is noticed long before the deadline of its calls', async (context) => {
  const server = await rawServer(context, (stream, request) => answerGrpc(stream, request));
  const proxy = await startProxy(server.endpoint);
  context.after(proxy.close);
  const client = newClient(context, { timeoutMs: 60_000, keepaliveMs: 50 });
  await client.call(call(proxy.endpoint));
  proxy.state.silent = true;
  await failure(client.call(call(proxy.endpoint)), 'interrupted', /the connection is dead/);
});

test('a slow model on a living connection is waited for, and pinged only once', async (context) => {
  let pings = 0;
  const server = await rawServer(context, (stream, request, session) => {
    session.on('ping', () => pings++);
    setTimeout(() => answerGrpc(stream, request), 500);
  });
  const client = newClient(context, { keepaliveMs: 50 });
  assert.equal((await client.call(call(server.endpoint, 'slow'))).body.toString(), 'slow');
  assert.equal(pings, 1);
});

test('a call ends when its caller gives up, before or while it runs', async (context) => {
  const closed: Promise<unknown>[] = [];
  const { endpoint } = await rawServer(context, (stream) => closed.push(once(stream, 'close')));
  const client = newClient(context);
  await failure(client.call(call(endpoint, 'x', { signal: AbortSignal.abort() })), 'cancelled', /cancelled/);
  assert.equal(closed.length, 0);
  const giving = new AbortController();
  const calling = client.call(call(endpoint, 'x', { signal: giving.signal }));
  await until('the server to have the call', () => closed.length === 1);
  giving.abort();
  await failure(calling, 'cancelled', /cancelled/);
  await closed[0];
});

test('closing the client cancels what is under way and what comes later', async (context) => {
  let calls = 0;
  const { endpoint } = await rawServer(context, () => calls++);
  const client = newClient(context);
  const calling = failure(client.call(call(endpoint)), 'cancelled', /cancelled/);
  await until('the server to have the call', () => calls === 1);
  await client.close();
  await calling;
  await failure(client.call(call(endpoint)), 'cancelled', /cancelled/);
  await failure(client.checkReady('m', endpoint), 'cancelled', /cancelled/);
});

test('a server that goes away gets no more calls, and those it has end well', async (context) => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = await rawServer(context, (stream, request, session) => {
    if (!request.includes('slow')) return answerGrpc(stream, request);
    session.goaway();
    void released.then(() => answerGrpc(stream, request));
  });
  const client = newClient(context);
  const slow = client.call(call(server.endpoint, 'slow'));
  await until('the first session', () => server.sessions.length === 1);
  for (let i = 0; server.sessions.length < 2; i++) {
    assert.ok(i < 500, 'no second session was made');
    assert.equal((await client.call(call(server.endpoint, 'next'))).body.toString(), 'next');
  }
  release();
  assert.equal((await slow).body.toString(), 'slow');
});

test('a call that a server refuses unseen is repeated, but not for ever', async (context) => {
  let refusals = 0;
  const { endpoint } = await rawServer(context, (stream, request) => {
    if (request.includes('never') || refusals === 0) {
      refusals++;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    } else answerGrpc(stream, request);
  });
  const client = newClient(context);
  assert.equal((await client.call(call(endpoint, 'second time'))).body.toString(), 'second time');
  assert.equal(refusals, 1);
  await failure(client.call(call(endpoint, 'never')), 'interrupted', /before its answer was complete/);
  assert.equal(refusals, 1 + 4);
});

test('a server gets no more calls at one time than it takes, on no more connections than allowed', async (context) => {
  let running = 0;
  let most = 0;
  const server = await rawServer(
    context,
    (stream, request) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        answerGrpc(stream, request);
      }, 5);
    },
    3,
  );
  const client = newClient(context, { maxSessionsPerNode: 2 });
  const bodies = Array.from({ length: 60 }, (_, i) => `call ${i}`);
  const answers = await Promise.all(bodies.map((body) => client.call(call(server.endpoint, body))));
  assert.deepEqual(answers.map((answer) => answer.body.toString()), bodies); // prettier-ignore
  assert.equal(server.sessions.length, 2);
  assert.ok(most > 3 && most <= 6, `${most} at one time`);
});

test('a call that finds no free connection in its time was not sent', async (context) => {
  const server = await rawServer(context, () => undefined, 1);
  const client = newClient(context, { readyTimeoutMs: 200, fullHealthChecks: true, maxSessionsPerNode: 1 });
  const abort = new AbortController();
  const first = failure(client.call(call(server.endpoint, 'x', { signal: abort.signal })), 'cancelled', /cancelled/);
  // A ready check is a call too, with a limit of its own: here it is over long before that of the first call.
  await failure(client.checkReady('m', server.endpoint), 'unreachable', /no connection is free/);
  abort.abort();
  await first;
});

test('a message that no method takes is not sent', async (context) => {
  const { endpoint } = await rawServer(context, () => assert.fail('it was sent'));
  const payload = { ...call(endpoint).payload, messageName: 'tensorflow.serving.PredictRequest' };
  await failure(newClient(context).call(call(endpoint, 'x', { payload })), 'request', /no predict call that takes one/);
  const headers = ['bad name', 'x'];
  await failure(newClient(context).call(call(endpoint, 'x', { headers })), 'request', /cannot be sent the request/);
});

test('every call is published with its end, readiness checks are not', async (context) => {
  const { endpoint } = await rawServer(context, (stream, request) =>
    request.includes('bad') ? answerGrpc(stream, Buffer.alloc(0), { 'grpc-status': '9' }) : answerGrpc(stream, request),
  );
  const seen: unknown[] = [];
  const client = newClient(context, { fullHealthChecks: true });
  const end = nodeCalled.subscribe(({ node, method, status, failure: kind, durationMs }) => {
    assert.ok(durationMs > 0);
    seen.push([node, method, status, kind]);
  });
  context.after(end);
  await client.call(call(endpoint));
  await failure(client.call(call(endpoint, 'bad')), 'status', /FAILED_PRECONDITION/);
  await client.checkReady('m', endpoint).catch(() => undefined);
  assert.deepEqual(seen, [
    ['m', 'predict', 'OK', undefined],
    ['m', 'predict', 'FAILED_PRECONDITION', 'status'],
  ]);
});

test('readiness: a connection, or what the server says of itself', async (context) => {
  let answer = frame(Buffer.from([8, 1]));
  let trailers = { 'grpc-status': '0' };
  const { endpoint } = await rawServer(context, (stream) => answerGrpc(stream, answer, trailers));
  const plain = newClient(context);
  await plain.checkReady('m', endpoint);
  await failure(plain.checkReady('m', await deadEndpoint()), 'unreachable', /ECONNREFUSED/);

  const v2 = newClient(context, { fullHealthChecks: true });
  await v2.checkReady('m', endpoint);
  answer = frame('');
  await failure(v2.checkReady('m', endpoint), 'status', /says that it is not ready/);
  answer = frame('garbage');
  await failure(v2.checkReady('m', endpoint), 'answer', /not ready: its bytes are no inference.ServerReadyResponse/);

  const tensorflow = newClient(context, { protocol: 'tensorflow', fullHealthChecks: true });
  answer = frame(Buffer.from([0x0a, 2, 0x10, 20]));
  await failure(tensorflow.checkReady('m', endpoint), 'status', /no version of its model is available/);
  answer = frame(Buffer.from([0x0a, 2, 0x10, 20, 0x0a, 2, 0x10, 30]));
  await tensorflow.checkReady('m', endpoint);
  answer = Buffer.alloc(0);
  trailers = { 'grpc-status': '5' };
  await tensorflow.checkReady('m', endpoint);
  trailers = { 'grpc-status': '14' };
  await failure(tensorflow.checkReady('m', endpoint), 'status', /UNAVAILABLE/);

  const seldon = newClient(context, { protocol: 'seldon', fullHealthChecks: true });
  await failure(seldon.checkReady('m', endpoint), 'status', /UNAVAILABLE/);
  trailers = { 'grpc-status': '12' };
  await seldon.checkReady('m', endpoint);
  trailers = { 'grpc-status': '0' };
  answer = frame(Buffer.from([8, 1]));
  await seldon.checkReady('m', endpoint);
  answer = frame(Buffer.from([8, 2]));
  await failure(seldon.checkReady('m', endpoint), 'status', /its server does not serve yet/);
});

test('whatever bytes a server sends, a call ends as a failure of its node, and the process lives', async (context) => {
  // A server's settings, which let calls begin; then frames that are right, nearly right or noise, by a seed.
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  let state = 12_345;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));
  const frameOf = () => {
    const body = noise(random(40));
    const head = Buffer.from([0, 0, body.length, random(11), random(64), 0, 0, 0, random(3)]);
    return Buffer.concat([head, body]);
  };
  const tcp = await startTcp((socket) => {
    socket.write(settings);
    socket.on('data', () => {
      if (!socket.writable) return;
      socket.write(random(4) === 0 ? noise(random(60)) : Buffer.concat([frameOf(), frameOf()]));
      if (random(3) === 0) socket.destroy();
    });
  });
  context.after(tcp.close);
  const client = newClient(context, { timeoutMs: 300, keepaliveMs: 50 });
  for (let round = 0; round < 20; round++) {
    const calls = Array.from({ length: 10 }, () => client.call(call(tcp.endpoint)));
    for (const { status, ...rest } of await Promise.allSettled(calls)) {
      assert.equal(status, 'rejected');
      assert.ok('reason' in rest && rest.reason instanceof NodeError, String('reason' in rest && rest.reason));
    }
  }
});

test('headers without end do not hang a call, nor hold its neighbours up', async (context) => {
  const { endpoint } = await rawServer(context, (stream, request) => {
    if (!request.includes('huge')) return answerGrpc(stream, request);
    answerGrpc(stream, Buffer.alloc(0), { 'grpc-status': '13', 'grpc-message': 'x'.repeat(1_000_000) });
  });
  const client = newClient(context, { timeoutMs: 2_000 });
  const [huge, fine] = await Promise.allSettled([client.call(call(endpoint, 'huge')), client.call(call(endpoint))]);
  assert.ok(huge.status === 'rejected' && huge.reason instanceof NodeError);
  assert.notEqual(huge.reason.failure, 'timeout');
  assert.ok(fine.status === 'fulfilled' || fine.reason.failure === 'interrupted');
  assert.equal((await client.call(call(endpoint, 'next'))).body.toString(), 'next');
});
