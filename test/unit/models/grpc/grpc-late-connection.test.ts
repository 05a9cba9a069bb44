import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeError } from '../../../../src/graph/node-error.ts';
import { createGrpcClient } from '../../../../src/models/grpc/grpc-client.ts';
import { answerGrpc, frame, RawGrpcServer } from './raw-grpc-server.ts';

const CONNECT_TIMEOUT_MS = 20;
const BUSY_MS = 60;

test('a connection that comes just after its time is over is no crash', async (context) => {
  const server = await RawGrpcServer.start((stream) => answerGrpc(stream, frame('answer')));
  const client = createGrpcClient({ protocol: 'v2', timeoutMs: 60_000, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  context.after(async () => {
    await client.close();
    server.close();
  });
  const call = async () =>
    client.call({
      nodeName: 'm',
      endpoint: server.endpoint,
      method: 'predict',
      modelName: 'm',
      payload: {
        body: Buffer.from('x'),
        contentType: '',
        contentEncoding: '',
        messageName: 'inference.ModelInferRequest',
      },
      headers: [],
    });
  const calling = call().then(
    () => assert.fail('the call succeeded'),
    (error: unknown) => error,
  );
  // The process is busy until both are due: the end of the time, and the connection.
  for (const until = performance.now() + BUSY_MS; performance.now() < until;);
  const error = await calling;
  assert.ok(error instanceof NodeError && error.failure === 'unreachable', String(error));
});
