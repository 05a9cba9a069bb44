import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create, toBinary } from '@bufbuild/protobuf';
import { SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { ask } from './ask.ts';
import { GrpcCaller } from './grpc-front.ts';
import { StubGrpcNodes } from './stub-grpc-node.ts';
import { StubHttpNodes } from './stub-http-node.ts';

// The executor as a pod runs it with server type rpc: the real command, no Kafka.

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const PREDICTIONS = '/api/v1.0/predictions';
const TEXT = Buffer.from(
  toBinary(SeldonMessageSchema, create(SeldonMessageSchema, { dataOneof: { case: 'strData', value: 'x' } })),
);

interface Running {
  readonly child: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly closed: Promise<[number | null, NodeJS.Signals | null]>;
}

async function start(endpoint: object, args: readonly string[] = []): Promise<Running> {
  const predictor = { name: 'p', graph: { name: 'm', type: 'MODEL', endpoint }, annotations: { version: 'v7' } };
  const ENGINE_PREDICTOR = Buffer.from(JSON.stringify(predictor)).toString('base64');
  const argv = [
    MAIN,
    ...'executor --sdep d --namespace n --predictor p --http_port 0 --grpc_port 0'.split(' '),
    ...args,
  ];
  const child = spawn(process.execPath, argv, {
    env: { PATH: process.env['PATH'], ENGINE_PREDICTOR },
    timeout: 240_000,
  });
  const closed = once(child, 'close') as Running['closed'];
  let stderr = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const http = /"port":(\d+)[^\n]*HTTP server listens/.exec(stderr)?.[1];
      const grpc = /"port":(\d+)[^\n]*gRPC server listens/.exec(stderr)?.[1];
      if (http && grpc) resolve({ child, httpPort: Number(http), grpcPort: Number(grpc), closed });
    });
    child.on('close', () => reject(new Error(`the executor ended: ${stderr}`)));
  });
}

test('requests go on as they came, over HTTP and over gRPC, and are measured', async () => {
  const http = new StubHttpNodes();
  const grpc = new StubGrpcNodes();
  const httpPort = await http.start('m', [
    { status: 200, headers: { 'Content-Type': 'application/json' }, bodyText: '{"strData":"y"}' },
  ]);
  const grpcPort = await grpc.start('m', [{ path: '/seldon.protos.Model/Predict', answer: TEXT }]);
  const running = await start({ service_host: '127.0.0.1', httpPort, grpcPort });
  const caller = new GrpcCaller(running.grpcPort);
  try {
    const answer = await ask(running.httpPort, PREDICTIONS, { method: 'POST', body: '{}' });
    assert.deepEqual([answer.status, answer.text], [200, '{"strData":"y"}']);
    const other = await caller.call('/seldon.protos.Seldon/Predict', TEXT);
    assert.deepEqual([other.error, other.message], [null, TEXT]);
    assert.deepEqual([http.calls.length, grpc.calls.length], [1, 1]);
    const metrics = (await ask(running.httpPort, '/metrics')).text;
    const labels = 'deployment_name="d",predictor_name="p",predictor_version="v7"';
    for (const sample of [
      `server_requests_seconds_count{${labels},service="predictions",method="post",code="200"} 1`,
      `server_requests_seconds_count{${labels},service="/seldon.protos.Seldon/Predict",method="unary",code="OK"} 1`,
      `server_requests_seconds_summary_count{${labels},service="predictions",method="post",code="200"} 1`,
    ]) {
      assert.ok(metrics.includes(`seldon_api_executor_${sample}`), sample);
    }
    assert.match(metrics, /client_requests_seconds_count\{[^}]*service="\/predict",method="post",code="200"/);
    assert.match(
      metrics,
      /client_requests_seconds_count\{[^}]*service="\/seldon\.protos\.Model\/Predict",method="unary",code="OK"/,
    );
    running.child.kill('SIGTERM');
    assert.deepEqual(await running.closed, [0, null]);
  } finally {
    caller.close();
    running.child.kill('SIGKILL');
    await http.close();
    grpc.close();
  }
});

test('100 MB go through over HTTP and over gRPC, in bounded memory', async () => {
  const sizeBytes = 100_000_000;
  const http = new StubHttpNodes();
  const grpc = new StubGrpcNodes();
  const httpPort = await http.start('m', [{ status: 200, bodyText: '{"strData":"y"}' }]);
  // `strData` of 100,000,000 bytes.
  const large = Buffer.concat([Buffer.from([0x2a, 0x80, 0xc2, 0xd7, 0x2f]), Buffer.alloc(sizeBytes, 'x')]);
  const grpcPort = await grpc.start('m', [{ path: '/seldon.protos.Model/Predict', answer: large }]);
  const running = await start({ service_host: '127.0.0.1', httpPort, grpcPort });
  const caller = new GrpcCaller(running.grpcPort);
  try {
    const body = Buffer.alloc(sizeBytes, ' ').fill('{}', 0, 2);
    assert.equal((await ask(running.httpPort, PREDICTIONS, { method: 'POST', body })).status, 200);
    assert.equal(http.calls[0]?.body.equals(body), true);
    const answer = await caller.call('/seldon.protos.Seldon/Predict', TEXT);
    assert.equal(answer.error, null);
    assert.equal(answer.message.equals(large), true);
    const memoryBytes = 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(running.child.pid)], { encoding: 'utf8' })); // prettier-ignore
    assert.ok(memoryBytes < 9 * sizeBytes, `${memoryBytes} bytes`);
  } finally {
    caller.close();
    running.child.kill('SIGKILL');
    await http.close();
    grpc.close();
  }
});

test('a request under way at SIGTERM is answered, after the delay too, and the executor ends with 0', async () => {
  const nodes = new StubHttpNodes();
  const httpPort = await nodes.start('m', [{ status: 200, bodyText: '{}', delaySeconds: 1 }]);
  const running = await start({ service_host: '127.0.0.1', httpPort }, ['--shutdown_delay', '200ms']);
  try {
    const first = ask(running.httpPort, PREDICTIONS, { method: 'POST', body: '{}' });
    for (let tries = 0; nodes.calls.length === 0 && tries < 6_000; tries++)
      await new Promise((done) => setTimeout(done, 10));
    running.child.kill('SIGTERM');
    // Load balancers go on for a while to send requests: that is what the delay is for.
    const ready = async () => (await ask(running.httpPort, '/ready')).status;
    while ((await ready()) === 200);
    const second = ask(running.httpPort, PREDICTIONS, { method: 'POST', body: '{}' });
    assert.deepEqual([(await first).status, (await second).status], [200, 200]);
    assert.deepEqual(await running.closed, [0, null]);
  } finally {
    running.child.kill('SIGKILL');
    await nodes.close();
  }
});

test('a request that never ends holds the executor for graceful_timeout, and it ends with 1', async () => {
  const nodes = new StubHttpNodes();
  const httpPort = await nodes.start('m', [{ status: 200, bodyText: '{}', delaySeconds: 50 }]);
  const running = await start({ service_host: '127.0.0.1', httpPort }, ['--graceful_timeout', '300ms']);
  try {
    const asked = assert.rejects(ask(running.httpPort, PREDICTIONS, { method: 'POST', body: '{}' }));
    for (let tries = 0; nodes.calls.length === 0 && tries < 6_000; tries++)
      await new Promise((done) => setTimeout(done, 10));
    running.child.kill('SIGTERM');
    assert.deepEqual(await running.closed, [1, null]);
    await asked;
  } finally {
    running.child.kill('SIGKILL');
    await nodes.close();
  }
});
