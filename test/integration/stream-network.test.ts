// A network that swallows what is sent while its connections stay: every request has a limit, and another way is found.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Cluster } from '../../src/kafka/cluster.ts';
import { readOptions } from '../../src/base/options.ts';
import { connectionOptions } from '../../src/kafka/options.ts';
import { createTopic, testBroker, uniqueTopic } from '../broker.ts';

const bootstrap = testBroker();

/** Takes connections and says nothing, for ever. */
async function silentServer(context: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function cluster(context: TestContext, broker: string): Cluster {
  const { values } = readOptions(connectionOptions, {
    env: { KAFKA_BROKER: broker, KAFKA_REQUEST_TIMEOUT_MS: '1000' },
  });
  const made = new Cluster(values);
  context.after(() => made.close());
  return made;
}

test('a bootstrap broker that takes connections and answers nothing is passed over', async (context) => {
  const topic = uniqueTopic('network');
  await createTopic(bootstrap, topic, 1);
  const client = cluster(context, `${await silentServer(context)},${bootstrap}`);
  const begun = performance.now();
  await client.persist('metadata', 'a look', () => client.refresh([topic]));
  assert.equal(client.topic(topic)?.partitions.length, 1);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs >= 1_000 && tookMs < 3_000, `${tookMs} ms`);
  assert.deepEqual(client.troubles(), []);
});

test('where no other answers it says so, and goes on', async (context) => {
  const client = cluster(context, await silentServer(context));
  const stop = new AbortController();
  context.after(() => stop.abort());
  client.persist('metadata', 'a look', () => client.refresh([]), stop.signal).catch(() => undefined);
  const limit = performance.now() + 5_000;
  while (client.troubles().length === 0 && performance.now() < limit) await new Promise((done) => setTimeout(done, 20));
  assert.match(client.troubles()[0]?.error ?? '', /timed out/);
});
