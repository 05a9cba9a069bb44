// A network that swallows what is sent while its connections stay: every request has a limit, and another way is found.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Cluster } from '../../../src/kafka/cluster/cluster.ts';
import { readOptions } from '../../../src/base/options.ts';
import { connectionOptions } from '../../../src/kafka/options.ts';
import { freePort } from '../../../src/dev/kafka/free-port.ts';
import { createTopic, testBroker, uniqueTopic } from '../../broker.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

/** Takes connections and says nothing, or this one thing. */
async function server(context: TestContext, says?: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (says !== undefined) socket.write(says);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function cluster(context: TestContext, broker: string, env: Readonly<Record<string, string>> = {}): Cluster {
  const { values } = readOptions(connectionOptions, {
    env: { KAFKA_BROKER: broker, KAFKA_REQUEST_TIMEOUT_MS: '1000', ...env },
  });
  const made = new Cluster(values);
  context.after(() => made.close());
  return made;
}

test('a bootstrap broker that takes connections and answers nothing is passed over', async (context) => {
  const topic = uniqueTopic('network');
  await createTopic(bootstrap, topic, 1);
  const client = cluster(context, `${await server(context)},${bootstrap}`);
  const begun = performance.now();
  await client.persist('metadata', 'a look', () => client.refresh([topic]));
  assert.equal(client.topic(topic)?.partitions.length, 1);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs >= 1_000 && tookMs < 20_000, `${tookMs} ms`);
  assert.deepEqual(client.troubles(), []);
});

test('a broker that is slow to answer is not waited for while another answers', async (context) => {
  const topic = uniqueTopic('network');
  await createTopic(bootstrap, topic, 1);
  const client = cluster(context, `${await server(context)},${bootstrap}`, { KAFKA_REQUEST_TIMEOUT_MS: '30000' });
  const begun = performance.now();
  // Its limit is 10 s. The next look goes to the other one at once.
  await client.refresh([topic]);
  await client.refresh([topic]);
  assert.equal(client.topic(topic)?.partitions.length, 1);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs >= 1_900 && tookMs < 9_000, `${tookMs} ms`);
});

/** What it says it waits for. */
async function toldBy(context: TestContext, client: Cluster, words: RegExp): Promise<string> {
  const stop = new AbortController();
  context.after(() => stop.abort());
  client.persist('metadata', 'a look', () => client.refresh([]), stop.signal).catch(() => undefined);
  const told = () => client.troubles()[0]?.error ?? '';
  await until(`it is told: ${words}`, () => words.test(told()));
  return told();
}

test('where no other answers it says so, and goes on', async (context) => {
  const client = cluster(context, await server(context));
  await toldBy(context, client, /timed out/);
});

test('a mistake that one broker shows is told as one while the others are away', async (context) => {
  const away = `127.0.0.1:${await freePort()}`;
  const client = cluster(context, `${away},${await server(context, 'no TLS here')}`, {
    KAFKA_SECURITY_PROTOCOL: 'ssl',
  });
  const told = await toldBy(
    context,
    client,
    /speaks no TLS at this port, and we do .*\(this does not pass by itself\)/,
  );
  assert.match(told, /ECONNREFUSED/);
});
