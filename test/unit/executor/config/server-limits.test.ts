import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverLimits, tlsFiles } from '../../../../src/executor/config/server-limits.ts';

const limits = (annotations: Readonly<Record<string, string>>, transport: 'rest' | 'grpc' = 'rest') =>
  serverLimits(annotations, transport, 60_000, 1_000);

test('annotations set the limits of calls by transport, and of gRPC messages', () => {
  const none = limits({});
  assert.deepEqual(none.modelTimeoutMs, { rest: 60_000, grpc: 60_000 });
  assert.equal(none.maxMessageBytes, 1_000);
  const all = limits({
    'seldon.io/rest-timeout': '5',
    'seldon.io/grpc-timeout': '7',
    'seldon.io/grpc-max-message-size': '2147483647',
  });
  assert.deepEqual(all.modelTimeoutMs, { rest: 5, grpc: 7 });
  assert.equal(all.maxMessageBytes, 2_147_483_647);
  assert.deepEqual(all.maxAnswerBytes, { rest: 1_000, grpc: 2_147_483_647 });
  // The annotation is about the server: models may answer to each other with more.
  const small = limits({ 'seldon.io/grpc-max-message-size': '10' });
  assert.deepEqual([small.maxMessageBytes, small.maxAnswerBytes], [10, { rest: 1_000, grpc: 1_000 }]);
  assert.deepEqual(all.problems, []);
});

test('a wrong rest-timeout or message size stops the start; a wrong grpc-timeout only where gRPC is configured', () => {
  for (const text of ['', '0', '-1', '1.5', '10MB', '2147483648']) {
    const [problem] = limits({ 'seldon.io/grpc-max-message-size': text }).problems;
    assert.equal(problem?.message, `'${text}' is not a number of bytes from 1 to 2147483647`);
  }
  assert.match(limits({ 'seldon.io/rest-timeout': 'soon' }, 'grpc').problems[0]?.path ?? '', /rest-timeout/);
  const wrong = { 'seldon.io/grpc-timeout': 'soon' };
  assert.equal(limits(wrong, 'grpc').problems.length, 1);
  const rest = limits(wrong);
  assert.deepEqual(rest.problems, []);
  assert.match(rest.warnings[0] ?? '', /grpc-timeout: 'soon' is not a whole number/);
});

test('timeouts that only older engines of Seldon read are told', () => {
  const { warnings, modelTimeoutMs } = limits({
    'seldon.io/rest-read-timeout': '5',
    'seldon.io/grpc-read-timeout': '6',
  });
  assert.deepEqual(modelTimeoutMs, { rest: 60_000, grpc: 60_000 });
  assert.match(warnings[0] ?? '', /rest-read-timeout: is not read.*write seldon\.io\/rest-timeout$/);
  assert.match(warnings[1] ?? '', /grpc-read-timeout: is not read.*write seldon\.io\/grpc-timeout$/);
});

test('the certificate is in its folder under its names; without a folder there is none', () => {
  const names = { certFileName: 'a.pem', certKeyFileName: 'b.pem' };
  assert.equal(tlsFiles({ certMountPath: '', ...names }), undefined);
  const expected = { certFile: '/cert/a.pem', keyFile: '/cert/b.pem' };
  assert.deepEqual(tlsFiles({ certMountPath: '/cert', ...names }), expected);
});
