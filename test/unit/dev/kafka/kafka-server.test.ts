import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../../../src/base/errors.ts';
import { parseTopicSpec } from '../../../../src/dev/kafka/create-topics.ts';
import { discardDataDir, isFormatted, openDataDir, temporaryDataDir } from '../../../../src/dev/kafka/data-dir.ts';
import { freePort, freePorts, isPortFree } from '../../../../src/dev/kafka/free-port.ts';
import { renderProperties, serverProperties, type NodePlan } from '../../../../src/dev/kafka/server-properties.ts';

const withCode =
  (code: string, text = /./) =>
  (error: unknown) =>
    error instanceof MillraceError && error.code === code && text.test(error.message);

const plan: NodePlan = {
  nodeId: 1,
  port: 20001,
  controllerPort: 20002,
  logDir: '/data',
  metadataDir: '/metadata',
  voters: [{ nodeId: 1, controllerPort: 20002 }],
  listeners: [],
  partitions: 3,
  sessionMs: 3_000,
  properties: {},
};

test('a single broker is told to keep one replica, and listens on this machine only', () => {
  const properties = serverProperties(plan);
  assert.equal(properties['listeners'], 'PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002');
  assert.equal(properties['advertised.listeners'], 'PLAINTEXT://127.0.0.1:20001');
  assert.equal(properties['controller.quorum.voters'], '1@127.0.0.1:20002');
  assert.equal(properties['num.partitions'], '3');
  assert.equal(properties['auto.create.topics.enable'], 'false');
  for (const [key, value] of Object.entries(properties)) {
    if (/replication\.factor|min\.isr|min\.insync/.test(key)) assert.equal(value, '1', key);
  }
});

test('three brokers keep three replicas, two in sync', () => {
  const voters = [1, 2, 3].map((nodeId) => ({ nodeId, controllerPort: 20_010 + nodeId }));
  const properties = serverProperties({ ...plan, voters });
  assert.equal(properties['controller.quorum.voters'], '1@127.0.0.1:20011,2@127.0.0.1:20012,3@127.0.0.1:20013');
  for (const [key, value] of Object.entries(properties)) {
    if (/replication\.factor/.test(key)) assert.equal(value, '3', key);
    if (/min\.isr|min\.insync/.test(key)) assert.equal(value, '2', key);
  }
});

test('a listener with something before it advertises that', () => {
  const listeners = [{ name: 'CUT', protocol: 'PLAINTEXT', port: 20003, advertisedPort: 20004 }] as const;
  const properties = serverProperties({ ...plan, listeners });
  assert.match(properties['listeners'] ?? '', /CUT:\/\/127\.0\.0\.1:20003/);
  assert.equal(properties['advertised.listeners'], 'PLAINTEXT://127.0.0.1:20001,CUT://127.0.0.1:20004');
});

test('more listeners are advertised, and given properties win', () => {
  const listeners = [{ name: 'SECURE', protocol: 'SASL_SSL', port: 20003 }] as const;
  const properties = serverProperties({ ...plan, listeners, properties: { 'num.io.threads': '9' } });
  assert.match(properties['listeners'] ?? '', /SECURE:\/\/127\.0\.0\.1:20003/);
  assert.equal(properties['advertised.listeners'], 'PLAINTEXT://127.0.0.1:20001,SECURE://127.0.0.1:20003');
  assert.equal(
    properties['listener.security.protocol.map'],
    'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
  );
  assert.equal(properties['num.io.threads'], '9');
});

test('properties are escaped as Java reads them', () => {
  assert.equal(
    renderProperties({ 'a b:c=d': ' x', jaas: 'password="p\\w=1:2";', lines: 'a\nb', ü: 'é', '#no': '!x' }),
    'a\\ b\\:c\\=d=\\ x\njaas=password="p\\\\w=1:2";\nlines=a\\nb\n\\u00fc=\\u00e9\n\\#no=\\!x\n',
  );
});

test('NAME and NAME:PARTITIONS are topics; anything else says what is wrong', () => {
  assert.deepEqual(parseTopicSpec('in'), { name: 'in' });
  assert.deepEqual(parseTopicSpec('a.b_c-1:12'), { name: 'a.b_c-1', partitions: 12 });
  for (const text of ['', ':3', 'a b', '..', 'a'.repeat(250)]) {
    assert.throws(() => parseTopicSpec(text), withCode('TOPIC_INVALID', /is not a topic name/), text);
  }
  for (const text of ['a:', 'a:0', 'a:x', 'a:1:2', 'a:-1', 'a:1e3']) {
    assert.throws(() => parseTopicSpec(text), withCode('TOPIC_INVALID', /is not a number of partitions/), text);
  }
});

test('a free port is free, and below those that outgoing connections get', async () => {
  const port = await freePort();
  assert.ok(port < 32_768, String(port));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  assert.equal(await isPortFree(port), false);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await isPortFree(port), true);
});

test('a free port is told once, though it stays free until somebody listens there', async () => {
  const [some, others] = await Promise.all([freePorts(300), freePorts(300)]);
  assert.equal(new Set([...some, ...others]).size, 600);
});

test('a data directory is known again, and a foreign or newer one refused', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-unit-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const path = join(base, 'new', 'dir');
  const first = await openDataDir(path, '4.1.1');
  assert.equal(await isFormatted(first), false);
  assert.match(first.clusterId, /^[\w-]{22}$/);
  const again = await openDataDir(path, '4.2.0');
  assert.equal(again.clusterId, first.clusterId);
  await assert.rejects(
    openDataDir(path, '4.1.1'),
    withCode('DATA_DIR_NEWER', /written by Kafka 4\.2\.0; this is Kafka 4\.1\.1/),
  );

  mkdirSync(again.logDir);
  writeFileSync(join(again.logDir, 'meta.properties'), `version=1\nnode.id=1\ncluster.id=${first.clusterId}\n`);
  assert.equal(await isFormatted(await openDataDir(path, '4.2.0')), true);
  writeFileSync(join(again.logDir, 'meta.properties'), 'version=1\nnode.id=1\ncluster.id=other\n');
  await assert.rejects(
    openDataDir(path, '4.2.0'),
    withCode('DATA_DIR_FOREIGN', /data of another cluster \(other, node 1\)/),
  );
  writeFileSync(join(path, 'millrace-kafka.json'), '{"kafkaVersion":');
  await assert.rejects(openDataDir(path, '4.2.0'), withCode('DATA_DIR_FOREIGN', /cannot be read/));

  const other = join(base, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'thesis.txt'), 'precious');
  await assert.rejects(openDataDir(other, '4.1.1'), withCode('DATA_DIR_FOREIGN', /not of an embedded Kafka/));
  await assert.rejects(openDataDir(join(other, 'thesis.txt'), '4.1.1'), withCode('DATA_DIR_UNUSABLE'));
  assert.equal(readFileSync(join(other, 'thesis.txt'), 'utf8'), 'precious');
});

test('only a temporary directory is removed', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-unit-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const kept = await openDataDir(join(base, 'kept'), '4.1.1');
  const temporary = await temporaryDataDir();
  await discardDataDir(kept);
  await discardDataDir(temporary);
  assert.equal(existsSync(kept.path), true);
  assert.equal(existsSync(temporary.path), false);
});
