import { test } from 'node:test';
import assert from 'node:assert/strict';
import { withoutStaleLeaders } from '../../../../src/kafka/cluster/topic-metadata.ts';

const topic = (id: string, ...leaders: readonly (readonly [leader: number, epoch: number])[]) => ({
  name: 'in',
  id,
  partitions: leaders.map(([leader, leaderEpoch], partition) => ({ partition, leader, leaderEpoch })),
});

test('a broker that is behind does not bring a dead leader back', () => {
  const known = topic('a', [2, 5], [3, 1], [1, 4]);
  const behind = topic('a', [1, 4], [2, 2], [1, 4], [1, 0]);
  assert.deepEqual(withoutStaleLeaders(known, behind), topic('a', [2, 5], [2, 2], [1, 4], [1, 0]));
});

test('a topic that was made again begins with new epochs', () => {
  assert.deepEqual(withoutStaleLeaders(topic('a', [2, 5]), topic('b', [1, 0])), topic('b', [1, 0]));
  assert.deepEqual(withoutStaleLeaders(undefined, topic('b', [1, 0])), topic('b', [1, 0]));
});

test('without ids nobody can tell it from another of its name, and what was said last counts', () => {
  for (const none of ['in', '00000000-0000-0000-0000-000000000000', '']) {
    assert.deepEqual(withoutStaleLeaders(topic(none, [2, 5]), topic(none, [1, 0])), topic(none, [1, 0]));
  }
});
