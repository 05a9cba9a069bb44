// A message of 100 MB from Kafka: it passes where its topics take it, and is a clear error record where one does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer } from '../../stream/model-server.ts';

const bootstrap = testBroker();
const SIZE_BYTES = 100_000_000;
const LARGE = { 'max.message.bytes': String(SIZE_BYTES + 10_000) };
/** Of the process, with such a request and such an answer in it at one time: each has a few copies on its way through sockets. */
const MEMORY_BYTES = 9 * SIZE_BYTES;

test('a record of 100 MB goes to the model, and an answer that its topic refuses becomes an error record', async (context) => {
  const [input, output] = [uniqueTopic('large-in'), uniqueTopic('large-out')];
  await createTopic(bootstrap, input, 1, LARGE);
  const answer = Buffer.alloc(SIZE_BYTES, 'x');
  const model = await new ModelServer(({ body }) => ({
    body: body.length > 1_000 ? `{"received":${body.length}}` : answer,
  })).start();
  context.after(() => model.stop());
  const request = Buffer.alloc(SIZE_BYTES, ' ');
  request.write('{"strData":""}');
  await produceRecords(bootstrap, input, [
    { key: 'large request', value: request },
    { key: 'large answer', value: '{}' },
  ]);
  const millrace = await MillraceProcess.start({ bootstrap, input, output, modelPort: model.port });
  context.after(() => millrace.end('SIGKILL'));
  const errors = await readAll(bootstrap, `${output}-errors`, { until: 1 });
  const results = await readAll(bootstrap, output, { until: 1 });
  assert.deepEqual(
    [String(results[0]?.key), String(results[0]?.value)],
    ['large request', `{"received":${SIZE_BYTES}}`],
  );
  const [error] = errors;
  assert.equal(String(error?.key), 'large answer');
  assert.equal(String(error?.value), '{}');
  const headers = new Map(error?.headers);
  assert.equal(headers.get('millrace-error-code'), 'OUTPUT_REFUSED');
  assert.match(headers.get('millrace-error-message') ?? '', /refused a record: MESSAGE_TOO_LARGE/);
  assert.ok(millrace.memoryBytes < MEMORY_BYTES, `${millrace.memoryBytes} bytes of memory`);
  assert.equal(await millrace.end('SIGTERM'), 0, millrace.log);
});
