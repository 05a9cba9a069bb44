import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../../src/stream/work/job.ts';
import { resultHeaders } from '../../../src/stream/output/output-headers.ts';
import { graphRequest } from '../../../src/stream/request.ts';
import { payload, record, workOf } from './sample.ts';

const BODY = Buffer.from([0x0a, 0]);

function job(...headers: readonly (readonly [string, string | Buffer | null])[]): Job {
  const { work, partition } = workOf('unordered');
  const pairs = headers.map(
    ([name, value]) => [Buffer.from(name), value === null ? null : Buffer.from(value)] as const,
  );
  work.receive(partition, [record(partition, 7, 'k', BODY, pairs)], 0);
  const started = work.start(0);
  assert.ok(started);
  started.puid = 'made';
  return started;
}

test('a protobuf record is its bytes under the name in its header, in any case', () => {
  for (const name of ['proto-name', 'Proto-Name', 'PROTO-NAME']) {
    const { payload: sent } = graphRequest(job([name, 'a.B']), BODY, 'grpc').request;
    assert.equal(sent.body, BODY);
    assert.deepEqual([sent.messageName, sent.contentType, sent.contentEncoding], ['a.B', 'application/protobuf', '']);
  }
});

test('without the header, or with an empty one, the graph names it; of two the first counts', () => {
  assert.equal(graphRequest(job(), BODY, 'grpc').request.payload.messageName, '');
  assert.equal(graphRequest(job(['proto-name', null]), BODY, 'grpc').request.payload.messageName, '');
  assert.equal(graphRequest(job(['proto-name', 'a.B'], ['proto-name', 'c.D']), BODY, 'grpc').request.payload.messageName, 'a.B'); // prettier-ignore
});

test('headers become metadata; what gRPC cannot carry is counted', () => {
  const one = job(['X-Foo', 'bar'], ['Content-Type', 'text/plain'], ['x', 'é'], ['t-bin', Buffer.from([255])]);
  const { request, leftOut } = graphRequest(one, BODY, 'grpc');
  assert.deepEqual(request.headers, ['x-foo', 'bar', 't-bin', '/w']);
  assert.equal(leftOut, 1);
});

test('a prediction keeps its id, unless gRPC cannot carry it', () => {
  assert.equal(graphRequest(job(['seldon-puid', 'given']), BODY, 'grpc').request.puid, 'given');
  assert.equal(graphRequest(job(['Seldon-Puid', 'é']), BODY, 'grpc').request.puid, 'made');
  assert.equal(graphRequest(job(['Seldon-Puid', Buffer.from('é', 'latin1')]), BODY, 'rest').request.puid, 'é');
});

test('over HTTP a record has no message name, and its result no proto-name', () => {
  const one = job(['proto-name', 'a.B']);
  assert.equal(graphRequest(one, BODY, 'rest').request.payload.messageName, undefined);
  const names = resultHeaders(one, payload('{}')).map(([name]) => String(name));
  assert.deepEqual(names, ['seldon-puid', 'content-type', 'millrace-source']);
});

test('the result names its own message, and not that of the request', () => {
  const answer = { body: BODY, contentType: 'application/protobuf', contentEncoding: '', messageName: 'a.Answer' };
  const headers = resultHeaders(job(['Proto-Name', 'a.Request'], ['other', 'x']), answer);
  const text = headers.map(([name, value]) => `${String(name)}=${String(value)}`);
  assert.deepEqual(text, [
    'seldon-puid=made',
    'content-type=application/protobuf',
    'millrace-source=in/0/7',
    'proto-name=a.Answer',
    'other=x',
  ]);
});

test('the length of the JSON in front of binary tensors goes with its own body: in with the record, out with the answer', () => {
  const one = job(['inference-header-content-length', '1'], ['other', 'x']);
  const { request, leftOut } = graphRequest(one, BODY, 'rest');
  assert.deepEqual([request.payload.jsonLength, request.headers, leftOut], ['1', ['other', 'x'], 0]);
  const named = (answer: Parameters<typeof resultHeaders>[1]) =>
    resultHeaders(one, answer).map(([name, value]) => `${String(name)}=${String(value)}`);
  assert.ok(named({ ...payload('{}x'), jsonLength: '2' }).includes('inference-header-content-length=2'));
  assert.doesNotMatch(named(payload('{}')).join(), /length/);
});
