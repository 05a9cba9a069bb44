// One broker of three dies, the one that keeps the group: the others take its work over, and nobody is told that it is not ready.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Connection, findCoordinatorV6 } from '@platformatic/kafka';
import { startEmbeddedCluster, type ClusterBroker } from '../../../src/dev/kafka/embedded-cluster.ts';
import { streamNotReady } from '../../../src/executor/stream-readiness.ts';
import { committedOffsets, createTopic, produceRecords, uniqueTopic, withAdmin } from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { persist } from '../../persist.ts';
import { ModelServer } from '../../stream/model-server.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';

const requests = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, id) => ({ key: `key-${(from + id) % 60}`, value: `${from + id}` }));

/** Node id of the broker that keeps the group. */
async function coordinatorOf(bootstrap: string, group: string): Promise<number> {
  const [host = '', port] = bootstrap.split(':');
  return persist(async () => {
    const connection = new Connection('millrace-test');
    try {
      await connection.connect(host, Number(port));
      const { coordinators } = await findCoordinatorV6.api.async(connection, 0, [group]);
      return coordinators[0]?.nodeId ?? -1;
    } finally {
      await connection.close();
    }
  });
}

test('a broker dies that keeps the group and leads partitions: all goes on, /ready does not flap, nothing is lost', async (context) => {
  const cluster = await startEmbeddedCluster();
  context.after(() => cluster.stop());
  const [bootstrap = ''] = cluster.bootstrap.split(',');
  const input = uniqueTopic('cluster-in');
  const output = uniqueTopic('cluster-out');
  await createTopic(bootstrap, input, 6, {}, 3);
  await produceRecords(bootstrap, input, requests(0, 600));
  const model = await new ModelServer(({ body }) => ({ body, delayMs: Number(body) % 10 })).start();
  context.after(() => model.stop());
  const options = { bootstrap: cluster.bootstrap, input, output, modelPort: model.port };
  const stream = startTestStream({ ...options, env: { KAFKA_WORKERS: '4' } });
  context.after(() => stream.close(0));
  await until('it is at work', () => model.calls > 200);

  const dying = await coordinatorOf(bootstrap, stream.group);
  const changes: string[] = [];
  const watch = setInterval(() => {
    const told = streamNotReady(stream.pipeline.status()).join('; ');
    if ((told === '') !== ((changes.at(-1) ?? '') === '')) changes.push(told);
  }, 50);
  context.after(() => clearInterval(watch));
  await cluster.broker(dying).kill();

  const other = cluster.brokers.find(({ nodeId }) => nodeId !== dying) as ClusterBroker;
  await until('its partitions have moved', async () => {
    return withAdmin(other.address, async (admin) => {
      const { topics } = await admin.metadata({ topics: [input, output], forceUpdate: true });
      const partitions = [...topics.values()].flatMap((topic) => topic.partitions);
      return partitions.length === 12 && partitions.every(({ leader }) => leader >= 0 && leader !== dying);
    }).catch(() => false);
  });
  await produceRecords(other.address, input, requests(600, 900));
  const committed = async () => {
    const offsets = await committedOffsets(other.address, stream.group, input).catch(() => new Map<number, bigint>());
    return [...offsets.values()].reduce((all, one) => all + one, 0n);
  };
  await until('all is committed', async () => (await committed()) === 900n);
  await until('no trouble is left with the dead one', () => stream.pipeline.status().brokerTroubles.length === 0);
  // Where a busy machine takes long to notice, it may be told once, and once that it has passed.
  assert.ok(changes.length <= 2, changes.join('\n'));
  await until('it is ready', () => streamNotReady(stream.pipeline.status()).length === 0);
  assert.deepEqual(stream.pipeline.status().stuck, []);
  await stream.close();
  const report = await checkStream({ bootstrap: other.address, input, output, group: stream.group });
  const { inputs, errors, lost, foreign, outOfOrder, ahead, uncommitted } = report;
  assert.deepEqual(
    { inputs, errors, lost, foreign, outOfOrder, ahead, uncommitted },
    { inputs: 900, errors: 0, lost: [], foreign: [], outOfOrder: [], ahead: [], uncommitted: [] },
  );
});
