// The commands as users and pods run them, on real Kafka, with a model server over a real socket.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import {
  committedOffsets,
  committedTotal,
  createTopic,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
} from '../../broker.ts';
import { freePort } from '../../../src/dev/kafka/free-port.ts';
import { PATIENCE_MS } from '../../persist.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

/** A model that answers with what it was asked, after a moment. */
async function startModel(delayMs = 0): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      setTimeout(() => {
        response.setHeader('content-type', 'application/json');
        response.end(Buffer.concat(chunks));
      }, delayMs).unref(); // A test that is over does not wait for its answers.
    });
  }).listen(await freePort());
  // A test that fails on its way does not wait for its model.
  server.unref();
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, server };
}

interface Millrace {
  readonly port: number;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  log(): string;
  signal(name: NodeJS.Signals): void;
}

async function startMillrace(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Millrace> {
  const { KAFKA_BROKER: _broker, ...inherited } = process.env;
  const child = spawn(process.execPath, ['src/cli/main.ts', ...args], {
    env: { ...inherited, ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: 2 * PATIENCE_MS,
  });
  child.stdin.end(env['STDIN'] ?? '');
  let log = '';
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const found = /"port":(\d+)/.exec(log);
      if (found) resolve(Number(found[1]));
    });
    child.on('close', () => reject(new Error(`it ended: ${log}`)));
  });
  return { port, exited, log: () => log, signal: (name) => void child.kill(name) };
}

const isReady = async (port: number) => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200;
const requests = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % 7}`, value: `{"instances":[${index}]}` }));

test('millrace run streams a document to its end, says so in metrics, and drains when asked to stop', async () => {
  const input = uniqueTopic('run-in');
  const output = uniqueTopic('run-out');
  await createTopic(bootstrap, input, 3);
  const { port: modelPort, server } = await startModel(20);
  const document = `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: ${input}, namespace: kafka}
spec:
  protocol: tensorflow
  serverType: kafka
  predictors:
  - name: model
    graph: {name: resnet32, type: MODEL, endpoint: {service_port: ${modelPort}}}
    svcOrchSpec:
      env:
      - {name: KAFKA_BROKER, value: "192.0.2.1:9094"}
      - {name: KAFKA_INPUT_TOPIC, value: ${input}}
      - {name: KAFKA_OUTPUT_TOPIC, value: ${output}}
`;
  const args = ['run', '-', '--env', `KAFKA_BROKER=${bootstrap}`, '--http-port', '0'];
  const millrace = await startMillrace(args, { STDIN: document });
  try {
    await until('ready', () => isReady(millrace.port));
    await produceRecords(bootstrap, input, [...requests(50), { key: 'bad', value: 'no JSON' }]);
    assert.equal((await readAll(bootstrap, output, { until: 50 })).length, 50);
    // What a reader sees is counted a moment later, when the broker has told so.
    await until('all are counted', async () => {
      const counted = await (await fetch(`http://127.0.0.1:${millrace.port}/metrics`)).text();
      return (
        /^millrace_records_finished_total\{outcome="error",code="\w+"\} 1$/m.test(counted) &&
        /^millrace_records_finished_total\{outcome="result",code=""\} 50$/m.test(counted)
      );
    });
    const metrics = await (await fetch(`http://127.0.0.1:${millrace.port}/metrics`)).text();
    assert.match(metrics, /^seldon_api_executor_client_requests_seconds_count\{.*code="200".*\} 50$/m);
    assert.match(metrics, new RegExp(`^millrace_lag_records\\{topic="${input}",partition="2"\\} \\d+$`, 'm'));
    // What is under way when it is asked to stop is finished and committed first.
    await produceRecords(bootstrap, input, requests(200));
    await readAll(bootstrap, output, { until: 60 });
    millrace.signal('SIGTERM');
    assert.equal(await millrace.exited, 0, millrace.log());
    const results = await readAll(bootstrap, output);
    const done = await committedTotal(bootstrap, `model.${input}.kafka`, input);
    assert.equal(results.length + 1, done, 'what is committed and what has an answer differ');
    assert.match(millrace.log(), /from --env \(the document says 192\.0\.2\.1:9094\)/);
  } finally {
    millrace.signal('SIGKILL');
    server.close();
  }
});

test("millrace executor runs with the operator's command line and environment, and waits for its model", async () => {
  const input = uniqueTopic('exec-in');
  const output = uniqueTopic('exec-out');
  await createTopic(bootstrap, input);
  // Read below before the executor, which waits for its model, would have made it.
  await createTopic(bootstrap, output);
  await produceRecords(bootstrap, input, [{ key: 'k', value: '{"data":{"ndarray":[1]}}' }]);
  const { port: modelPort, server } = await startModel();
  server.close();
  await once(server, 'close');
  const graph = { name: 'm', type: 'MODEL', endpoint: { service_host: '127.0.0.1', httpPort: modelPort } };
  const argv =
    `executor --sdep ${input} --namespace ns --predictor p --http_port 0 --grpc_port 0 --protocol seldon --transport rest ` +
    '--prometheus_path /prometheus --server_type kafka --log_work_buffer_size 10000 --log_write_timeout_ms 2000 --full_health_checks=false';
  const millrace = await startMillrace(argv.split(' '), {
    ENGINE_PREDICTOR: Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64'),
    KAFKA_BROKER: bootstrap,
    KAFKA_INPUT_TOPIC: input,
    KAFKA_OUTPUT_TOPIC: output,
  });
  try {
    await until('it says what it waits for', async () => {
      const ready = await fetch(`http://127.0.0.1:${millrace.port}/ready?verbose`);
      assert.equal(ready.status, 503);
      return /node 'm' at 127\.0\.0\.1:\d+ cannot be reached/.test(await ready.text());
    });
    server.listen(modelPort);
    const [result] = await readAll(bootstrap, output, { until: 1 });
    assert.equal(result?.value?.toString(), '{"data":{"ndarray":[1]}}');
    assert.equal((await fetch(`http://127.0.0.1:${millrace.port}/prometheus`)).status, 200);
    millrace.signal('SIGINT');
    assert.equal(await millrace.exited, 0, millrace.log());
  } finally {
    millrace.signal('SIGKILL');
    server.close();
  }
});

test('work that takes longer than graceful_timeout ends with exit code 1, and is not committed', async () => {
  const input = uniqueTopic('slow-in');
  const output = uniqueTopic('slow-out');
  await createTopic(bootstrap, input);
  const { port: modelPort, server } = await startModel(PATIENCE_MS);
  const graph = { name: 'm', type: 'MODEL', endpoint: { service_host: '127.0.0.1', httpPort: modelPort } };
  const argv = `executor --sdep ${input} --namespace ns --predictor p --http_port 0 --grpc_port 0 --server_type kafka --graceful_timeout 500ms`;
  const millrace = await startMillrace(argv.split(' '), {
    ENGINE_PREDICTOR: Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64'),
    KAFKA_BROKER: bootstrap,
    KAFKA_INPUT_TOPIC: input,
    KAFKA_OUTPUT_TOPIC: output,
  });
  try {
    await produceRecords(bootstrap, input, [{ key: 'k', value: '{}' }]);
    await until('the record is at the model', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${millrace.port}/metrics`)).text();
      return /^millrace_in_flight_records 1$/m.test(metrics);
    });
    millrace.signal('SIGTERM');
    assert.equal(await millrace.exited, 1, millrace.log());
    assert.match(millrace.log(), /graceful_timeout exceeded/);
    const committed = await committedOffsets(bootstrap, `p.${input}.ns`, input);
    assert.ok(
      [...committed.values()].every((offset) => Number(offset) <= 0),
      'the record was committed',
    );
  } finally {
    millrace.signal('SIGKILL');
    server.closeAllConnections();
    server.close();
  }
});
