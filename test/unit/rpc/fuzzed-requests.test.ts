// Mutated requests at the fronts: each is answered or its connection ends, and a good one after them is answered well.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';
import { JSON_REQUESTS } from '../../fuzz/corpus/json-messages.ts';
import { PROTOBUF_REQUESTS } from '../../fuzz/corpus/protobuf-messages.ts';
import { mutateBytes } from '../../fuzz/mutations/bytes.ts';
import { mutateMessage } from '../../fuzz/mutations/message.ts';
import { Seeded } from '../../simulation/seeded.ts';
import { ask } from './ask.ts';
import { withGrpcFront } from './grpc-front.ts';
import { withHttpFront } from './served-graph.ts';

const MODEL: PredictiveUnit = { name: 'm', type: 'MODEL', endpoint: {} };
const REQUESTS = 1_500;
const LIMIT_MS = 60_000;

const PATHS = [
  ...[
    '/api/v1.0/predictions',
    '/api/v0.1/predictions',
    '/api/v1.0/feedback',
    '/predict',
    '/metadata',
    '/live',
    '/ready',
  ],
  ...[
    '/api/v1.0/status/m',
    '/api/v1.0/metadata/%2e%2e',
    '/v1/models/m:predict',
    '/v2/models/m/infer',
    '/%',
    '//',
    '*',
    '/?a=%zz#',
  ],
];
const METHODS = ['POST', 'POST', 'POST', 'GET', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'CONNECT', 'post', ''];

function httpRequest(random: Seeded): Buffer {
  const body = mutateMessage(random.pick(JSON_REQUESTS.seldon), { protocol: 'seldon', transport: 'rest' }, random);
  const length = random.chance(0.9) ? body.length : random.pick([0, -1, 1e9, body.length + 1]);
  const lines = [`${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1`, 'Host: x', 'Connection: close'];
  lines.push(random.chance(0.9) ? `Content-Length: ${length}` : 'Transfer-Encoding: chunked');
  if (random.chance(0.3)) lines.push(`Content-Type: ${random.pick(['text/html', '', 'multipart/form-data', 'é'])}`);
  if (random.chance(0.2)) lines.push(`Content-Encoding: ${random.pick(['gzip', 'br', ''])}`);
  if (random.chance(0.2)) lines.push(`Seldon-Puid: ${random.pick(['', 'x'.repeat(9_000), 'a b', '\u00e9'])}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([random.chance(0.3) ? mutateBytes(head, random) : head, body]);
}

/** Sends bytes, says that there are no more, and waits until the server has ended the connection. */
async function exchange(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.setTimeout(LIMIT_MS, () => assert.fail(`a connection is open after ${LIMIT_MS} ms`));
  socket.resume().end(bytes);
  await once(socket, 'close');
}

test('mutated HTTP requests', async () => {
  const answers = [{ status: 200, bodyText: '{"strData":"fine"}' }];
  await withHttpFront({ graph: MODEL, nodes: { m: answers } }, async ({ port }) => {
    for (let seed = 1; seed <= REQUESTS; seed += 10) {
      const requests = Array.from({ length: 10 }, (_, at) => httpRequest(new Seeded(seed + at)));
      await Promise.all(requests.map(async (request) => exchange(port, request)));
    }
    const good = await ask(port, '/api/v1.0/predictions', { method: 'POST', body: '{"strData":"a"}' });
    assert.equal(good.text, '{"strData":"fine"}');
  });
});

const GRPC_PATHS = [
  '/seldon.protos.Seldon/Predict',
  '/seldon.protos.Seldon/SendFeedback',
  '/seldon.protos.Model/Predict',
  '/x',
  '/',
];

function grpcBody(random: Seeded): Buffer {
  const { bytes } = random.pick(PROTOBUF_REQUESTS.seldon);
  const message = mutateMessage(bytes, { protocol: 'seldon', transport: 'grpc' }, random);
  const prefix = Buffer.from([random.chance(0.9) ? 0 : random.between(1, 255), 0, 0, 0, 0]);
  prefix.writeUInt32BE(random.chance(0.9) ? message.length : random.pick([0, 1, 2 ** 32 - 1, message.length + 1]), 1);
  const framed = Buffer.concat([prefix, message]);
  return random.chance(0.1) ? mutateBytes(framed, random) : framed;
}

test('mutated gRPC requests', async () => {
  const rules = [{ path: '/seldon.protos.Model/Predict', answer: Buffer.from('fine') }];
  await withGrpcFront({ graph: MODEL, nodes: { m: rules } }, async ({ port, client }) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
    const send = async (random: Seeded) => {
      const stream = session.request(
        {
          ':method': random.chance(0.95) ? 'POST' : 'GET',
          ':path': random.pick(GRPC_PATHS),
          'content-type': random.chance(0.9) ? 'application/grpc' : random.pick(['application/json', '']),
          'grpc-timeout': random.chance(0.9) ? '5S' : random.pick(['', '0m', 'x', '99999999H']),
          ...(random.chance(0.1) && { 'grpc-encoding': random.pick(['gzip', 'x', 'identity']) }),
        },
        { endStream: false },
      );
      stream.on('error', () => undefined);
      stream.setTimeout(LIMIT_MS, () => assert.fail(`a call has no end after ${LIMIT_MS} ms`));
      stream.resume().end(grpcBody(random));
      await once(stream, 'close');
    };
    for (let seed = 1; seed <= REQUESTS; seed += 10) {
      await Promise.all(Array.from({ length: 10 }, async (_, at) => send(new Seeded(seed + at))));
    }
    session.destroy();
    const { error, message } = await client.call('/seldon.protos.Seldon/Predict', Buffer.alloc(0));
    assert.equal(error, null);
    assert.equal(message.toString(), 'fine');
  });
});
