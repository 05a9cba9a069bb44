import { test } from 'node:test';
import assert from 'node:assert/strict';
import { answerOfLeader } from '../../../../src/kafka/cluster/answer-of-leader.ts';
import { apis } from '../../../../src/kafka/cluster/api.ts';
import { ScriptedCluster, settle } from '../scripted-cluster.ts';

async function ask() {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('in', [1, 1]);
  const real = cluster.asCluster();
  const { api, connection } = await real.bind('fetch', apis.fetch, 1);
  const leads = () => real.topic('in')?.partitions.some(({ leader }) => leader === 1) === true;
  const call = (api.call as (...args: unknown[]) => Promise<unknown>)(connection);
  const answer = answerOfLeader(real, { node: 1, connection, topics: ['in'], leads }, call);
  answer.catch(() => undefined);
  return { cluster, request: await cluster.take(), answer };
}

test('a broker that died without a word is waited for until others lead, and no longer', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { cluster, answer } = await ask();
  context.mock.timers.tick(2_900);
  assert.equal(cluster.refreshes, 0, 'most requests are answered before anybody looks');
  context.mock.timers.tick(100);
  await settle();
  assert.equal(cluster.refreshes, 1);
  cluster.leaders.set('in', [2, 1]);
  context.mock.timers.tick(3_000);
  await settle();
  assert.equal(cluster.refreshes, 2, 'it leads one of them still');
  cluster.leaders.set('in', [2, -1]);
  context.mock.timers.tick(3_000);
  await assert.rejects(answer, { code: 'NOT_LEADER_OR_FOLLOWER', failure: 'retry' });
  context.mock.timers.tick(30_000);
  assert.equal(cluster.refreshes, 3);
});

test('an answer ends it, and so does a look that fails not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { cluster, request, answer } = await ask();
  cluster.refreshFailure = new Error('nobody is there');
  context.mock.timers.tick(3_000);
  await settle();
  request.answer('late');
  assert.equal(await answer, 'late');
  context.mock.timers.tick(30_000);
  assert.equal(cluster.refreshes, 1);
});

test('the error of the request is its error', async () => {
  const { request, answer } = await ask();
  request.fail(new Error('refused'));
  await assert.rejects(answer, /refused/);
});
