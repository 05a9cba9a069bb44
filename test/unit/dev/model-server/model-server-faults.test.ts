import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { status, type ServiceError } from '@grpc/grpc-js';
import { faultPlan, type FaultSettings } from '../../../../src/dev/model-server/faults/fault-plan.ts';
import { seededRandom } from '../../../../src/dev/model-server/faults/random.ts';
import type { startModelServer } from '../../../../src/dev/model-server/server.ts';
import { grpcCodeOf, parseStatusCode } from '../../../../src/dev/model-server/status-code.ts';
import { failure, GrpcCaller } from './grpc-caller.ts';
import { ask, DIGITS, noRuntime, serve } from './served-model.ts';

type Options = Omit<Parameters<typeof startModelServer>[0], 'name'>;

const NO_FAULTS: FaultSettings = {
  delayMs: 0,
  jitterMs: 0,
  failFirst: 0,
  failRate: 0,
  hangRate: 0,
  resetRate: 0,
  seed: 1,
};

function outcomes(settings: Partial<FaultSettings>, count: number): string[] {
  const next = faultPlan({ ...NO_FAULTS, ...settings });
  return Array.from({ length: count }, () => next().outcome);
}

const share = (all: readonly string[], outcome: string) => all.filter((one) => one === outcome).length / all.length;

test('chance is even, repeats by its seed, and differs by it', () => {
  const draw = (seed: number) => {
    const next = seededRandom(seed);
    return Array.from({ length: 20_000 }, next);
  };
  const drawn = draw(7);
  assert.deepEqual(draw(7), drawn);
  assert.notDeepEqual(draw(8), drawn);
  for (let tenth = 0; tenth < 10; tenth++) {
    const inside = drawn.filter((value) => value >= tenth / 10 && value < (tenth + 1) / 10).length;
    assert.ok(Math.abs(inside - 2_000) < 200, `${inside} from ${tenth / 10}`);
  }
  const rising = drawn.filter((value, i) => value > (drawn[i - 1] ?? 0)).length;
  assert.ok(Math.abs(rising - 10_000) < 400, `${rising} rise`);
});

test('rates are kept, and one option does not change what the others do', () => {
  const all = outcomes({ failRate: 0.2, hangRate: 0.05, resetRate: 0.1 }, 20_000);
  assert.ok(Math.abs(share(all, 'fail') - 0.2) < 0.01);
  assert.ok(Math.abs(share(all, 'hang') - 0.05) < 0.01);
  assert.ok(Math.abs(share(all, 'reset') - 0.1) < 0.01);
  assert.deepEqual(outcomes({ failRate: 0.2, hangRate: 0.05, resetRate: 0.1, delayMs: 5, jitterMs: 9 }, 20_000), all);
  assert.deepEqual(share(outcomes({}, 1_000), 'answer'), 1);
  assert.deepEqual(outcomes({ failFirst: 2 }, 4), ['fail', 'fail', 'answer', 'answer']);
  const next = faultPlan({ ...NO_FAULTS, delayMs: 10, jitterMs: 5 });
  const delays = Array.from({ length: 1_000 }, () => next().delayMs);
  assert.ok(Math.min(...delays) >= 10 && Math.max(...delays) <= 15 && new Set(delays).size > 900);
});

test('a status has its match in the other transport', () => {
  assert.deepEqual(parseStatusCode('503'), { http: 503, grpc: status.UNAVAILABLE });
  assert.deepEqual(parseStatusCode('429'), { http: 429, grpc: status.RESOURCE_EXHAUSTED });
  assert.deepEqual(parseStatusCode('resource_exhausted'), { http: 429, grpc: status.RESOURCE_EXHAUSTED });
  assert.deepEqual(parseStatusCode('UNKNOWN'), { http: 500, grpc: status.UNKNOWN });
  assert.deepEqual(parseStatusCode('418'), { http: 418, grpc: status.UNKNOWN });
  for (const name of Object.keys(status).filter((key) => !/\d|^OK$/.test(key))) {
    assert.equal(parseStatusCode(name)?.grpc, status[name as keyof typeof status], name);
  }
  for (const text of ['200', '600', '100', 'OK', '', 'x']) assert.equal(parseStatusCode(text), undefined, text);
  assert.equal(grpcCodeOf(413), status.RESOURCE_EXHAUSTED);
});

const BODY = '{"data":{"ndarray":[1]}}';

async function start(t: TestContext, options: Options) {
  const server = await serve(t, { name: 'n', echo: true, ...options });
  const grpc = new GrpcCaller(server.grpcPort);
  t.after(() => grpc.close());
  return { server, grpc, url: `${server.url}/predict` };
}

const PREDICT = '/seldon.protos.Model/Predict';

suite('scripted faults', () => {
  test('800 calls fail at the rate that was asked for, in the same places for the same seed', async (t) => {
    const run = async (seed: number) => {
      const { url } = await start(t, { failRate: 0.2, seed });
      let failed = '';
      for (let i = 0; i < 800; i++) failed += (await ask(url, BODY)).status === 503 ? 'x' : '.';
      return failed;
    };
    const first = await run(3);
    const count = first.split('x').length - 1;
    // Five standard deviations: 800 * 0.2, give or take 57.
    assert.ok(Math.abs(count - 160) < 57, `${count} of 800`);
    assert.equal(await run(3), first);
    const { grpc } = await start(t, { failRate: 0.2, seed: 3 });
    let overGrpc = '';
    for (let i = 0; i < 300; i++) {
      overGrpc += await grpc.raw(PREDICT, Buffer.alloc(0)).then(
        () => '.',
        () => 'x',
      );
    }
    assert.equal(overGrpc, first.slice(0, 300));
  });

  test('a failure has its status and when to come back, in each protocol and transport', async (t) => {
    const { server, grpc } = await start(t, { failRate: 1, failStatus: '429', retryAfterMs: 1_500 });
    for (const [path, text] of [
      ['/predict', /"code":429,"info":"scripted failure \(--fail-rate 1\)"/],
      ['/v1/models/n:predict', /^\{"error":"scripted failure/],
      ['/v2/models/n/infer', /^\{"error":"scripted failure/],
    ] as const) {
      const reply = await ask(`${server.url}${path}`, BODY);
      assert.deepEqual([reply.status, reply.headers.get('retry-after')], [429, '2']);
      assert.match(reply.text, text);
    }
    await assert.rejects(grpc.raw(PREDICT, Buffer.alloc(0)), (error: ServiceError) => {
      assert.deepEqual(error.metadata.get('grpc-retry-pushback-ms'), ['1500']);
      return failure('RESOURCE_EXHAUSTED', /scripted failure/)(error);
    });
    assert.equal((await ask(`${server.url}/v2/health/ready`)).status, 200);
    assert.equal((await ask(`${server.url}/metadata`)).status, 200);
    await grpc.raw('/inference.GRPCInferenceService/ServerReady', Buffer.alloc(0));
    const named = await start(t, { failFirst: 1, failStatus: 'NOT_FOUND' });
    const reply = await ask(named.url, BODY);
    assert.deepEqual([reply.status, reply.headers.get('retry-after')], [404, null]);
    assert.match(reply.text, /call 1 of --fail-first 1/);
    assert.equal((await ask(named.url, BODY)).status, 200);
  });

  test('a delay holds answers, all at one time; too many are refused', async (t) => {
    const { url, grpc } = await start(t, { delayMs: 1_000, queueLength: 10 });
    const begun = performance.now();
    const replies = await Promise.all(Array.from({ length: 10 }, () => ask(url, BODY)));
    const took = performance.now() - begun;
    assert.ok(replies.every((reply) => reply.status === 200));
    assert.ok(took >= 999 && took < 8_000, `${took} ms`);
    const many = await Promise.all(Array.from({ length: 15 }, () => ask(url, BODY)));
    assert.deepEqual(
      [many.filter((reply) => reply.status === 503).length, many.filter((reply) => reply.status === 200).length],
      [5, 10],
    );
    await assert.rejects(grpc.raw(PREDICT, Buffer.alloc(0), 50), failure('DEADLINE_EXCEEDED', /./));
  });

  test('a hang ends at the time limit, and with its caller, and with the server', async (t) => {
    const { url, grpc } = await start(t, { hangRate: 1, requestTimeoutMs: 100 });
    assert.deepEqual((await ask(url, BODY)).status, 504);
    await assert.rejects(grpc.raw(PREDICT, Buffer.alloc(0)), failure('DEADLINE_EXCEEDED', /no answer within 100 ms/));
    const server = await serve(t, { name: 'n', echo: true, hangRate: 1, queueLength: 1 });
    const first = new AbortController();
    const left = retried(`${server.url}/predict`, first.signal);
    await heldBy(`${server.url}/predict`);
    first.abort();
    await assert.rejects(left);
    // Its place is free again: the next one hangs too, until the server ends.
    const next = retried(`${server.url}/predict`, AbortSignal.timeout(120_000));
    await heldBy(`${server.url}/predict`);
    await server.close();
    assert.match((await next).text, /the model server is stopping/);
  });

  test('a reset cuts the connection, over REST and over gRPC', async (t) => {
    const { server, grpc } = await start(t, { resetRate: 1 });
    const socket = connect(server.port, '127.0.0.1');
    const head = `POST /predict HTTP/1.1\r\nhost: n\r\ncontent-length: ${BODY.length}\r\n\r\n`;
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.write(head + BODY);
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    assert.deepEqual([error.code, received], ['ECONNRESET', '']);
    await assert.rejects(grpc.raw(PREDICT, Buffer.alloc(0)), failure('UNAVAILABLE', /./));
    await grpc.raw('/inference.GRPCInferenceService/ServerReady', Buffer.alloc(0));
  });

  test('faults stand before a model too', { skip: noRuntime }, async (t) => {
    const server = await serve(t, { name: 'digits', model: DIGITS, failFirst: 1 });
    const body = { data: { ndarray: [Array(64).fill(0)] } };
    assert.equal((await ask(`${server.url}/predict`, body)).status, 503);
    assert.equal((await ask(`${server.url}/predict`, body)).status, 200);
  });
});

/** Waits until a server that holds one call refuses another. */
async function heldBy(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const reply = await ask(url, BODY, { signal: AbortSignal.timeout(200) }).catch(() => undefined);
    if (reply?.status === 503) return;
    assert.ok(Date.now() < deadline, 'no call is held');
  }
}

/** Asks until the server does not refuse for being full. */
async function retried(url: string, signal: AbortSignal): ReturnType<typeof ask> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const reply = await ask(url, BODY, { signal });
    if (!/requests are waiting/.test(reply.text)) return reply;
    assert.ok(Date.now() < deadline, 'the place is not free');
  }
}
