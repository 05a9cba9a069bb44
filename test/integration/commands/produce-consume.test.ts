// The commands as a user starts them, looked at through the broker.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Producer } from '@platformatic/kafka';
import { createTopic, endOffsets, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { millrace, startMillrace } from '../../millrace.ts';

const broker = testBroker();
const env = { KAFKA_BROKER: broker };
const folder = mkdtempSync(join(tmpdir(), 'millrace-produce-'));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function newTopic(name: string, partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = uniqueTopic(name);
  await createTopic(broker, topic, partitions, config);
  return topic;
}

/** Size of the message in four bytes, and the message. */
function frame(message: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([message.length >> 24, message.length >> 16, message.length >> 8, message.length]),
    message,
  ]);
}

const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ user: { id: `u${n % 7}` }, n, text: 'é🙂' }));

test('JSON lines go in and come out the same, in order of their keys, with headers', async () => {
  const topic = uniqueTopic('produce-json');
  const path = file('requests.jsonl', `${lines.join('\n')}\n`);
  const produced = await millrace(
    [
      'produce',
      path,
      '--topic',
      topic,
      '--create-topic',
      '4',
      '--key-field',
      'user.id',
      '--header',
      'a=1',
      '--header',
      'a=x=y',
    ],
    { env },
  );
  assert.equal(produced.code, 0, produced.stderr);
  assert.match(produced.stdout, /^3000 records in [\d.]+ s \([\d,]+\/s\), 1\d\d\.\d kB, 0 refused\n$/);

  const records = await readAll(broker, topic);
  assert.equal(records.length, 3000);
  assert.equal((await endOffsets(broker, topic)).size, 4);
  const partitions = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { key, value, headers, partition } of records) {
    const { user, n } = JSON.parse(String(value)) as { user: { id: string }; n: number };
    assert.equal(String(key), user.id);
    assert.deepEqual(headers, [['a', '1'], ['a', 'x=y']]); // prettier-ignore
    assert.equal(partitions.get(user.id) ?? partition, partition);
    assert.ok(n > (last.get(user.id) ?? -1), `record ${n} of ${user.id} is out of order`);
    partitions.set(user.id, partition);
    last.set(user.id, n);
  }

  const consumed = await millrace(['consume', '--topic', topic], { env });
  assert.equal(consumed.code, 0, consumed.stderr);
  assert.deepEqual(consumed.stdout.trimEnd().split('\n').sort(), [...lines].sort());
  assert.match(consumed.stderr, /^3000 records, [\d.]+ kB, in [\d.]+ s\n$/);
});

test('protobuf frames come out byte for byte, and say of which type they are', async () => {
  const topic = uniqueTopic('produce-protobuf');
  const messages = Array.from({ length: 300 }, (_, n) => Buffer.alloc(n * 7, n));
  const content = Buffer.concat(messages.map(frame));
  const type = 'tensorflow.serving.PredictRequest';
  const path = file('requests.bin.gz', gzipSync(content));
  const args = ['produce', path, '--topic', topic, '--create-topic', '--format', 'protobuf', '--proto-name', type];
  const produced = await millrace([...args, '--keys', '2'], { env });
  assert.equal(produced.code, 0, produced.stderr);
  const records = await readAll(broker, topic);
  assert.deepEqual(records.map(({ value }) => value), messages); // prettier-ignore
  assert.deepEqual(records[0]?.headers, [['proto-name', type]]);
  assert.deepEqual(records.slice(0, 3).map(({ key }) => String(key)), ['key-0', 'key-1', 'key-0']); // prettier-ignore

  const output = join(folder, 'answers.bin');
  const consumed = await millrace(['consume', '--topic', topic, '--format', 'protobuf', '--output', output], { env });
  assert.equal(consumed.code, 0, consumed.stderr);
  assert.deepEqual(readFileSync(output), content);
  const asText = await millrace(['consume', '--topic', topic, '--from', '5', '--max', '1'], { env });
  assert.equal(asText.stdout, `${Buffer.alloc(35, 5).toString('base64')}\n`);
  assert.match(asText.stderr, /1 value of type tensorflow\.serving\.PredictRequest written as base64/);
});

test('a bad record stops the command, names its place, and everything before it is stored', async () => {
  const topic = await newTopic('produce-bad');
  const text = file('bad.jsonl', '{"a":1}\n\n{"a":2}\nnot json\n{"a":3}\n');
  const bad = await millrace(['produce', text, '--topic', topic], { env });
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /bad\.jsonl, line 4: is not JSON: /);
  assert.match(bad.stderr, /--skip 2 goes on with the next one/);
  assert.match(bad.stdout, /^2 records in /);
  const unchecked = await millrace(['produce', text, '--topic', topic, '--skip', '2', '--no-check'], { env });
  assert.equal(unchecked.code, 0, unchecked.stderr);
  assert.deepEqual((await readAll(broker, topic)).map(({ value }) => String(value)), ['{"a":1}', '{"a":2}', 'not json', '{"a":3}']); // prettier-ignore

  const cut = file('cut.bin', Buffer.concat([frame(Buffer.from('one')), frame(Buffer.from('second'))]).subarray(0, -1));
  const frames = await millrace(['produce', cut, '--topic', topic, '--format', 'protobuf'], { env });
  assert.equal(frames.code, 1);
  assert.match(frames.stderr, /cut\.bin, frame 2 \(byte 7\): the file ends after 5 of 6 bytes/);
  const noFrames = await millrace(['produce', text, '--topic', topic, '--format', 'protobuf'], { env });
  assert.equal(noFrames.code, 1);
  assert.match(noFrames.stderr, /bad\.jsonl, frame 1 \(byte 0\): its size is given as 2\.1 GB/);
});

test('a record that Kafka refuses is named, the others are stored, and the exit code is 1', async () => {
  const topic = await newTopic('produce-large', 1, { 'max.message.bytes': '10000' });
  const large = JSON.stringify('x'.repeat(20_000));
  const produced = await millrace(['produce', '-', '--topic', topic], { env, input: `1\n${large}\n3\n` });
  assert.equal(produced.code, 1);
  assert.match(
    produced.stderr,
    /^standard input, line 2: .*MESSAGE_TOO_LARGE\n {2}raise max\.message\.bytes of the topic/m,
  );
  assert.match(produced.stdout, /^2 records in .*, 1 refused\n$/);
  assert.deepEqual((await readAll(broker, topic)).map(({ value }) => String(value)), ['1', '3']); // prettier-ignore
});

test('what cannot be done is said with the remedy, and the exit code tells wrong use from the rest', async () => {
  const topic = await newTopic('produce-wrong', 2);
  const path = file('one.jsonl', '{}\n');
  const missing = uniqueTopic('missing');
  for (const [args, code, message] of [
    [['produce', path, '--topic', missing], 1, /topic 'missing-\w+' does not exist\n.*--create-topic/],
    [['consume', '--topic', missing], 1, /topic 'missing-\w+' does not exist/],
    [['produce', join(folder, 'nothing'), '--topic', topic], 1, /nothing: there is no such file/],
    [['produce', path, '--topic', topic, '--partition', '2'], 1, /no partition 2\n.*partitions 0 to 1/],
    [['consume', '--topic', topic, '--partition', '0,2'], 1, /no partition 2\n.*partitions 0 to 1/],
    [['produce', path, '--topic', topic, '--keys', 'many'], 2, /--keys: 'many' is not a whole number/],
    [['produce', path], 2, /required option '--topic <NAME>'/],
    [['consume', '--topic', topic, '--from', 'start'], 2, /--from 'start' is no place/],
    [['consume', '--topic', topic, '--from', 'latest'], 2, /--follow/],
  ] as const) {
    const ended = await millrace(args, { env });
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
    assert.equal(ended.stdout, '');
  }
  const nowhere = await millrace(['consume', '--topic', topic], { env: { KAFKA_BROKER: '' } });
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /no Kafka broker is named/);
});

test('a broker that is away is waited for, and no longer than --timeout', async () => {
  // Takes connections and says nothing, as a host behind a broken load balancer does.
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => mute.once('listening', resolve));
  const address = mute.address();
  const mutePort = typeof address === 'object' && address !== null ? address.port : 0;
  const path = file('away.jsonl', '{}\n');
  try {
    for (const away of ['127.0.0.1:1', `127.0.0.1:${mutePort}`]) {
      for (const args of [['produce', path], ['consume']]) {
        const begun = performance.now();
        const ended = await millrace([...args, '--topic', 'any', '--broker', away, '--timeout', '1s'], { env });
        assert.equal(ended.code, 1, ended.stderr);
        assert.match(ended.stderr, new RegExp(`gave up on Kafka at ${away} after 1 s`));
        assert.ok(performance.now() - begun < 30_000, 'ends soon after the time-out');
      }
    }
  } finally {
    mute.close();
  }
});

test('Ctrl-C stops sending cleanly and says how many records are stored', async () => {
  const topic = await newTopic('produce-stop');
  const path = file('endless.jsonl', '{"n":1}\n{"n":2}\n');
  const running = startMillrace(['produce', path, '--topic', topic, '--repeat', '0', '--rate', '300'], { env });
  await readAll(broker, topic, { until: 50 });
  running.kill('SIGINT');
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  const stored = Number(/^(\d+) records in .*, 0 refused\n$/.exec(stdout)?.[1]);
  assert.equal((await readAll(broker, topic)).length, stored);

  const typing = startMillrace(['produce', '--topic', topic], { env, input: '{"typed":true}\n', keepInputOpen: true });
  await readAll(broker, topic, { until: stored + 1 });
  typing.kill('SIGINT');
  const typed = await typing.ended;
  assert.equal(typed.code, 130);
  assert.match(typed.stdout, /^1 record in /);
});

test('consume --follow prints records as they come, until --max, --idle or Ctrl-C', async () => {
  const topic = await newTopic('consume-follow', 2);
  await produceRecords(broker, topic, [{ value: 'old', partition: 0 }]);
  const json = startMillrace(['consume', '--topic', topic, '--follow', '--max', '3', '--format', 'json'], { env });
  await json.printed('"old"');
  await produceRecords(broker, topic, [{ key: 'k', value: Buffer.from([0xff]), partition: 1, headers: { h: 'é' } }]);
  await json.printed('"k"');
  await produceRecords(broker, topic, [
    { value: null, partition: 0 },
    { value: 'too much', partition: 0 },
  ]);
  const { code, stdout } = await json.ended;
  assert.equal(code, 0);
  const records = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  assert.deepEqual(
    records.map(({ partition, offset, key, headers, value }) => [partition, offset, key, headers, value]),
    [
      [0, 0, null, [], 'old'],
      [1, 0, 'k', [['h', 'é']], { base64: '/w==' }],
      [0, 1, null, [], null],
    ],
  );

  const idle = await millrace(['consume', '--topic', topic, '--follow', '--idle', '3s', '--max', '9'], { env });
  assert.equal(idle.code, 1);
  assert.match(idle.stderr, /4 records/);

  const stopped = startMillrace(['consume', '--topic', topic, '--partition', '0', '--follow', '--from', '-1'], { env });
  await stopped.printed('too much');
  stopped.kill('SIGINT');
  const end = await stopped.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.match(end.stderr, /^1 record, /m);
});

test('consume ends at the end of a topic whose last offsets hold no records, and leaves aborted ones out', async () => {
  const topic = await newTopic('consume-transactions');
  const producer = new Producer({
    clientId: 'millrace-test',
    bootstrapBrokers: [broker],
    retries: 40,
    retryDelay: 50,
    idempotent: true,
    transactionalId: uniqueTopic('transaction'),
  });
  try {
    for (const value of ['kept', 'aborted']) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }] });
      await (value === 'kept' ? transaction.commit() : transaction.abort());
    }
  } finally {
    await producer.close();
  }
  const consumed = await millrace(['consume', '--topic', topic], { env });
  assert.equal(consumed.code, 0, consumed.stderr);
  assert.equal(consumed.stdout, 'kept\n');
});

test('a reader that goes away ends consume quietly', async () => {
  const topic = await newTopic('consume-head');
  await produceRecords(
    broker,
    topic,
    Array.from({ length: 2000 }, (_, n) => ({ value: `${n}-${'x'.repeat(1000)}` })),
  );
  const running = startMillrace(['consume', '--topic', topic], { env });
  await running.printed('0-x');
  running.closeOutput();
  const { code, stderr } = await running.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /EPIPE|error/i);
});
