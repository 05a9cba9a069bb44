// What becomes of single records: results and error records as the documentation has them, on a real broker.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import {
  committedOffsets,
  createTopic,
  produceRecords,
  readAll,
  testBroker,
  uniqueTopic,
  type ReadRecord,
} from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { startTestStream, until, type TestStream } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const [input, output] = [uniqueTopic('records-in'), uniqueTopic('records-out')];
const errors = `${output}-errors`;
const LARGE = 2 * 1024 * 1024;
/** So long an answer never takes, and a third of what the one that hangs costs. */
const HANG_LIMIT_MS = 3_000;

const model = new ModelServer(behave);
let stream: TestStream;
let hanging: string;

// The request says what the model does with it.
function behave({ body, times }: ModelCall): Behaviour {
  const text = body.toString('latin1', 0, 100);
  if (text.startsWith('400')) return { status: 400, body: '{"why":"no such feature"}' };
  if (text.startsWith('flaky')) return times < 3 ? { status: 500, body: 'oops' } : { body: 'at last' };
  if (text.startsWith('500')) return { status: 500, body: 'broken' };
  if (text.startsWith('429')) {
    return times === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { body: `waited ${Date.now()}` };
  }
  if (text.startsWith('close')) return 'close';
  if (text.startsWith('hang')) return 'hang';
  if (text.startsWith('grow')) return { body: Buffer.alloc(LARGE, 'g') };
  if (text.startsWith('typed')) return { body: '<ok/>', headers: { 'content-type': 'application/xml' } };
  if (text.startsWith('html'))
    return { status: 502, body: '<html>Bad Gateway</html>', headers: { 'content-type': 'text/html' } };
  if (text.startsWith('page')) return { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } };
  if (text.startsWith('nothing')) return { body: '' };
  return { body: `re:${text}` };
}

before(async () => {
  await createTopic(bootstrap, input, 2, { 'max.message.bytes': String(2 * LARGE) });
  await model.start();
  stream = startTestStream({
    bootstrap,
    input,
    output,
    modelPort: model.port,
    env: { KAFKA_RETRIES: '2', KAFKA_RETRY_BACKOFF_MS: '20', KAFKA_MODEL_TIMEOUT_MS: String(HANG_LIMIT_MS) },
  });
  await until('the stream has joined', () => stream.pipeline.status().joined);
  // It takes its time while the others are looked at.
  hanging = await send('hang', 'hanging');
});

after(async () => {
  await stream.close();
  await model.stop();
});

async function find(topic: string, source: string): Promise<ReadRecord> {
  let found: ReadRecord | undefined;
  await until(`the record of ${source} in ${topic}`, async () => {
    const records = await readAll(bootstrap, topic);
    const all = records.filter(({ headers }) =>
      headers.some(([name, value]) => name === 'millrace-source' && value === source),
    );
    assert.ok(all.length <= 1, `${source} has ${all.length} records in ${topic}`);
    found = all[0];
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

let sent = 0;

/** Sends one record to partition 0 and gives its source. */
async function send(value: string | Buffer | null, key: string | null = 'k', headers: [string, string][] = []) {
  await produceRecords(bootstrap, input, [{ key, value, headers, partition: 0 }]);
  return `${input}/0/${sent++}`;
}

const header = (record: ReadRecord, name: string) => record.headers.find(([found]) => found === name)?.[1];
const errorOf = (record: ReadRecord) =>
  ['code', 'node', 'attempts', 'status', 'response'].map((name) => header(record, `millrace-error-${name}`));

test("a result: key, bytes, our headers, and the request's own", async () => {
  const source = await send('{"q": 1}', 'user-7', [
    ['Seldon-Puid', 'puid-of-the-client'],
    ['Content-Type', 'text/plain'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['tenant', 'blue'],
    ['tenant', 'green'],
  ]);
  const result = await find(output, source);
  assert.deepEqual([result.key?.toString(), result.value?.toString()], ['user-7', 're:{"q": 1}']);
  assert.deepEqual(result.headers, [
    ['seldon-puid', 'puid-of-the-client'],
    ['content-type', 'application/json'],
    ['millrace-source', source],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['tenant', 'blue'],
    ['tenant', 'green'],
  ]);
});

test('a record without a key and without headers gets an id and a type', async () => {
  const result = await find(output, await send('not JSON at all', null));
  assert.equal(result.key, null);
  assert.match(header(result, 'seldon-puid') ?? '', /^[0-9a-f-]{36}$/);
  const typed = await find(output, await send('typed'));
  assert.equal(header(typed, 'content-type'), 'application/xml');
});

test('the model gets the bytes, the id and the headers that can travel', async () => {
  const seen = Promise.withResolvers<ModelCall>();
  model.behave = (call) => {
    if (call.body.toString().startsWith('look')) seen.resolve(call);
    return behave(call);
  };
  await send('look at me', 'k', [
    ['Seldon-Puid', 'p-1'],
    ['Content-Type', 'text/csv'],
    ['tenant', 'blue'],
    ['not legal', 'x'],
  ]);
  const { headers, body } = await seen.promise;
  assert.equal(body.toString(), 'look at me');
  assert.deepEqual([headers['seldon-puid'], headers['content-type'], headers['tenant']], ['p-1', 'text/csv', 'blue']);
});

test('records without a value are error records', async () => {
  for (const value of [null, '']) {
    const record = await find(errors, await send(value, 'empty', [['own', 'header']]));
    assert.deepEqual(errorOf(record).slice(0, 2), ['EMPTY_RECORD', '']);
    assert.deepEqual([record.key?.toString(), record.value?.length ?? null], ['empty', value === null ? null : 0]);
  }
});

test('an error record: the request untouched, then what went wrong', async () => {
  const source = await send('400 please', 'bad', [['Seldon-Puid', 'p-2'], ['twice', 'a'], ['twice', 'b']]); // prettier-ignore
  const record = await find(errors, source);
  assert.deepEqual([record.key?.toString(), record.value?.toString()], ['bad', '400 please']);
  assert.deepEqual(record.headers.slice(0, 3), [['Seldon-Puid', 'p-2'], ['twice', 'a'], ['twice', 'b']]); // prettier-ignore
  assert.deepEqual(
    record.headers.slice(3).map(([name]) => name),
    [
      ...['code', 'message', 'node', 'attempts', 'status', 'response', 'time'].map((name) => `millrace-error-${name}`),
      'millrace-source',
    ],
  );
  assert.deepEqual(errorOf(record), ['MODEL_STATUS', 'classifier', '1', '400', '{"why":"no such feature"}']);
  assert.match(header(record, 'millrace-error-message') ?? '', /classifier.*400/);
  assert.ok(Math.abs(Date.parse(header(record, 'millrace-error-time') ?? '') - Date.now()) < 60_000);
});

test('a failure that passes is repeated, one that stays becomes an error record with its attempts', async () => {
  const result = await find(output, await send('flaky'));
  assert.equal(result.value?.toString(), 'at last');
  assert.deepEqual(errorOf(await find(errors, await send('500'))), [
    'MODEL_STATUS',
    'classifier',
    '3',
    '500',
    'broken',
  ]);
  const page = '<html>Bad Gateway</html>';
  assert.deepEqual(errorOf(await find(errors, await send('html'))), ['MODEL_STATUS', 'classifier', '3', '502', page]);
  assert.deepEqual(errorOf(await find(errors, await send('close'))).slice(0, 3), [
    'MODEL_INTERRUPTED',
    'classifier',
    '3',
  ]);
});

test('a model that asks for time gets it', async () => {
  const begun = Date.now();
  const result = await find(output, await send('429'));
  assert.ok(Number(result.value?.toString().split(' ')[1]) - begun >= 1_000);
});

test('an empty answer and a web page are no predictions', async () => {
  for (const request of ['nothing', 'page']) {
    assert.deepEqual(errorOf(await find(errors, await send(request))).slice(0, 2), ['MODEL_ANSWER', 'classifier']);
  }
});

test('a result too large for the output topic becomes an error record with its request', async () => {
  const record = await find(errors, await send('grow'));
  assert.equal(header(record, 'millrace-error-code'), 'OUTPUT_REFUSED');
  assert.equal(record.value?.toString(), 'grow');
});

test('a request too large for the error topic becomes an error record without its value', async () => {
  const value = Buffer.concat([Buffer.from('400'), Buffer.alloc(LARGE)]);
  const record = await find(errors, await send(value, 'large'));
  assert.deepEqual([record.key?.toString(), record.value], ['large', null]);
  assert.equal(header(record, 'millrace-error-value-left-out'), `${value.length} bytes`);
  assert.equal(header(record, 'millrace-error-status'), '400');
});

test('a large request goes to the model whole', async () => {
  const result = await find(output, await send(Buffer.alloc(LARGE, 'x')));
  assert.equal(result.value?.length, 103);
});

test('in the end every request has one record, and all of them are committed', async () => {
  assert.deepEqual(errorOf(await find(errors, hanging)).slice(0, 3), ['MODEL_TIMEOUT', 'classifier', '3']);
  const source = await send('the last one');
  await find(output, source);
  await until('all is committed', async () => {
    return (await committedOffsets(bootstrap, stream.group, input)).get(0) === BigInt(sent);
  });
  const report = await checkStream({ bootstrap, input, output, group: stream.group });
  const { inputs, lost, duplicated, foreign, ahead } = report;
  assert.deepEqual(
    { inputs, lost, duplicated, foreign, ahead },
    {
      ...{ inputs: sent, lost: [], duplicated: [], foreign: [], ahead: [] },
    },
  );
  const { openRecords, openBytes, waitingRecords, waitingBytes, inFlightRecords, retryingRecords } =
    stream.pipeline.status();
  assert.deepEqual([openRecords, openBytes, waitingRecords, waitingBytes, inFlightRecords, retryingRecords], [0, 0, 0, 0, 0, 0]); // prettier-ignore
});
