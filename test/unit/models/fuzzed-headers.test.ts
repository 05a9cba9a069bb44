// Headers of a record that are sent on must never be why a call fails.
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { test } from 'node:test';
import type { NodeCall, NodeEndpoint } from '../../../src/graph/model-client.ts';
import { createGrpcClient } from '../../../src/models/grpc/grpc-client.ts';
import { createRestClient } from '../../../src/models/rest/rest-client.ts';
import { requestMetadata } from '../../../src/protocol/grpc/metadata.ts';
import { requestHeaders, type RecordHeaders } from '../../../src/protocol/headers.ts';
import { mutateHeaders } from '../../fuzz/mutations/header-list.ts';
import { Seeded } from '../../simulation/seeded.ts';
import { answerGrpc, frame, RawGrpcServer } from './grpc/raw-grpc-server.ts';
import { httpAnswer, RawServer } from './rest/raw-server.ts';

const LISTS = 1_000;
const NAMES = Object.entries(constants)
  .filter(([constant]) => constant.startsWith('HTTP2_HEADER_'))
  .map(([, name]) => String(name));

/** Every header that HTTP/2 knows, twice; then mutated ones. */
function* headerLists(transport: 'rest' | 'grpc'): Generator<readonly [what: string, headers: RecordHeaders]> {
  for (const name of NAMES) {
    const header = [Buffer.from(name), Buffer.from('1')] as const;
    yield [name, [header, header]];
  }
  for (let seed = 1; seed <= LISTS; seed++) {
    const list = mutateHeaders({ protocol: 'seldon', transport }, undefined, new Seeded(seed));
    yield [`seed ${seed}`, list.map(([name, value]) => [name, value ?? Buffer.alloc(0)])];
  }
}

const call = (endpoint: NodeEndpoint, headers: readonly string[], messageName: string): NodeCall => ({
  nodeName: 'm',
  endpoint,
  method: 'predict',
  modelName: 'm',
  payload: { body: Buffer.from('{}'), contentType: 'application/json', contentEncoding: '', messageName },
  headers,
});

test('whatever the headers, a call over HTTP goes through', async (context) => {
  const server = await RawServer.start((socket) => socket.write(httpAnswer(200, '{}')));
  const client = createRestClient({ protocol: 'seldon', timeoutMs: 60_000 });
  context.after(async () => {
    await client.close();
    await server.close();
  });
  for (const [what, headers] of headerLists('rest')) {
    const answer = client.call(call(server.endpoint, requestHeaders(headers).headers, ''));
    await assert.doesNotReject(answer, what);
  }
});

test('whatever the headers, a call over gRPC goes through', async (context) => {
  const server = await RawGrpcServer.start((stream) => answerGrpc(stream, frame('answer')));
  const client = createGrpcClient({ protocol: 'seldon', timeoutMs: 60_000 });
  context.after(async () => {
    await client.close();
    server.close();
  });
  for (const [what, headers] of headerLists('grpc')) {
    const { headers: metadata } = requestMetadata(headers);
    await assert.doesNotReject(client.call(call(server.endpoint, metadata, 'seldon.protos.SeldonMessage')), what);
  }
});
