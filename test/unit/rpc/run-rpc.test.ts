import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { startMillrace } from '../../millrace.ts';
import { ask } from './ask.ts';
import { FIRST, FIRST_KEY } from './certificates.ts';
import { GrpcCaller } from './grpc-front.ts';
import { StubGrpcNodes } from './stub-grpc-node.ts';
import { StubHttpNodes } from './stub-http-node.ts';

// `millrace run` on a document without a server type, as one finds them: requests and no Kafka.

const TEXT = Buffer.from(
  toBinary(SeldonMessageSchema, create(SeldonMessageSchema, { dataOneof: { case: 'strData', value: 'x' } })),
);
const ANY_PORT = ['run', '-', '--http-port', '0', '--grpc-port', '0'];

const document = (endpoint: object) => `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: d}
spec:
  predictors:
  - name: p
    graph: {name: m, type: MODEL, endpoint: ${JSON.stringify(endpoint)}}
`;

/** A request as the printed command would send it. */
function fromCurl(line: string) {
  const match = /curl http:\/\/127\.0\.0\.1:(\d+)(\S+) -H 'Content-Type: (\S+)' -d '(.*)'$/m.exec(line);
  assert.ok(match, line);
  const [, port = '', path = '', type = '', body = ''] = match;
  return { port: Number(port), path, given: { method: 'POST', headers: { 'Content-Type': type }, body } };
}

test('a document without serverType is served: the printed requests work, over HTTP and over gRPC', async () => {
  const http = new StubHttpNodes();
  const grpc = new StubGrpcNodes();
  const httpPort = await http.start('m', [
    { status: 200, headers: { 'Content-Type': 'application/json' }, bodyText: '{}' },
  ]);
  const grpcPort = await grpc.start('m', [{ path: '/seldon.protos.Model/Predict', answer: TEXT }]);
  const running = startMillrace([...ANY_PORT, '--shutdown-delay', '50ms'], { input: document({ httpPort, grpcPort }) });
  let caller: GrpcCaller | undefined;
  try {
    await running.printed('seldon.protos.Seldon/Predict\n');
    const lines = running.output();
    const { port, path, given } = fromCurl(lines);
    const answer = await ask(port, path, given);
    assert.deepEqual([answer.status, answer.text], [200, '{}']);
    assert.equal(http.calls[0]?.body.toString(), given.body);
    const match = /grpcurl -plaintext -d '(.*)' 127\.0\.0\.1:(\d+) (\S+)$/m.exec(lines);
    assert.ok(match, lines);
    assert.deepEqual(JSON.parse(match[1] ?? ''), JSON.parse(given.body));
    caller = new GrpcCaller(Number(match[2]));
    assert.deepEqual((await caller.call(`/${match[3]}`, TEXT)).message, TEXT);
    running.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
  } finally {
    caller?.close();
    running.kill('SIGKILL');
    await http.close();
    grpc.close();
  }
});

test('a model that hangs never hangs a request: the limit of a call ends it, over HTTP and over gRPC', async () => {
  const http = new StubHttpNodes();
  const grpc = new StubGrpcNodes();
  const httpPort = await http.start('m', [{ status: 200, bodyText: '{}', delaySeconds: 60 }]);
  const grpcPort = await grpc.start('m', [{ path: '/seldon.protos.Model/Predict', silent: true }]);
  const running = startMillrace([...ANY_PORT, '--env', 'KAFKA_MODEL_TIMEOUT_MS=100'], {
    input: document({ httpPort, grpcPort }),
  });
  let caller: GrpcCaller | undefined;
  try {
    await running.printed('seldon.protos.Seldon/Predict\n');
    const { port, path, given } = fromCurl(running.output());
    const answer = await ask(port, path, given);
    assert.equal(answer.status, 500);
    assert.match(answer.text, /node 'm' at \S+ has not answered within 100 ms/);
    caller = new GrpcCaller(Number(/^gRPC {2}127\.0\.0\.1:(\d+)$/m.exec(running.output())?.[1]));
    const { error } = await caller.call('/seldon.protos.Seldon/Predict', TEXT);
    assert.equal(error?.code, 4);
    // The node's own library knows the limit too, and may be the first to say it.
    assert.match(error?.details ?? '', /has not answered within 100 ms|Deadline exceeded/);
  } finally {
    caller?.close();
    running.kill('SIGKILL');
    await http.close();
    grpc.close();
  }
});

test('SELDON_CERT_MOUNT_PATH gives its ports TLS, and what is printed says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-run-tls-'));
  writeFileSync(join(folder, 'tls.crt'), FIRST);
  writeFileSync(join(folder, 'tls.key'), FIRST_KEY);
  const running = startMillrace(ANY_PORT, {
    input: document({ httpPort: 1 }),
    env: { SELDON_CERT_MOUNT_PATH: folder },
  });
  try {
    await running.printed('curl ');
    assert.match(running.output(), /^HTTP {2}https:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(running.output(), /^gRPC {2}127\.0\.0\.1:\d+ {2}\(no predictions: the document does not say/m);
    assert.match(running.output(), /curl --insecure https:\/\/127\.0\.0\.1:\d+\/api\/v1\.0\/predictions/);
    assert.doesNotMatch(running.output(), /grpcurl/);
  } finally {
    running.kill('SIGKILL');
    await running.ended;
    rmSync(folder, { recursive: true });
  }
});

test('a port that the document says no transport of is that of its own', async () => {
  const http = new StubHttpNodes();
  const service_port = await http.start('m', [{ status: 200, bodyText: '{}' }]);
  const running = startMillrace(ANY_PORT, { input: document({ service_port }) });
  let caller: GrpcCaller | undefined;
  try {
    await running.printed('curl ');
    const { port, path, given } = fromCurl(running.output());
    assert.equal((await ask(port, path, given)).status, 200);
    assert.match(running.output(), /^gRPC .*no predictions/m);
    caller = new GrpcCaller(Number(/^gRPC {2}127\.0\.0\.1:(\d+) /m.exec(running.output())?.[1]));
    for (const method of ['Predict', 'ModelMetadata', 'GraphMetadata']) {
      const { error } = await caller.call(`/seldon.protos.Seldon/${method}`, TEXT);
      assert.equal(error?.code, 12, method);
      assert.match(
        error?.details ?? '',
        /not served over gRPC: .*unit 'm' gets calls, and its endpoint names no .*grpcPort/,
      );
    }
    assert.equal((await caller.call('/grpc.health.v1.Health/Check', Buffer.alloc(0))).error, null);
  } finally {
    caller?.close();
    running.kill('SIGKILL');
    await http.close();
  }
});

test('a document of transport grpc says over HTTP why it predicts over gRPC alone', async () => {
  const text = document({ grpcPort: 1 }).replace('spec:', 'spec:\n  transport: grpc');
  const running = startMillrace(ANY_PORT, { input: text });
  try {
    await running.printed('grpcurl ');
    const port = Number(/^HTTP {2}http:\/\/127\.0\.0\.1:(\d+) {2}\(no predictions/m.exec(running.output())?.[1]);
    const asked = await ask(port, '/api/v1.0/predictions', { method: 'POST', body: '{}' });
    assert.equal(asked.status, 501);
    assert.match(JSON.parse(asked.text).status.info, /^predictions are not served over HTTP: .*httpPort/);
    assert.equal((await ask(port, '/live')).status, 200);
  } finally {
    running.kill('SIGKILL');
  }
});
