import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ConsumerMembership } from '../../../../../src/kafka/group/consumer-protocol/consumer-membership.ts';
import type { TopicShare } from '../../../../../src/kafka/group/consumer-protocol/heartbeat.ts';

const share = (partitions: readonly number[], topicId = 'T'): readonly TopicShare[] => [{ topicId, partitions }];

/** A member that has these partitions, and has said so. */
function member(partitions: readonly number[], atMs = 0) {
  const membership = new ConsumerMembership('me');
  membership.say(atMs);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share(partitions) }, atMs);
  membership.changes('T');
  membership.say(atMs);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: undefined }, atMs);
  return membership;
}

test('joins with everything, then says only what has changed', () => {
  const membership = new ConsumerMembership('me');
  assert.equal(membership.dueAtMs, -Infinity);
  assert.deepEqual(membership.say(0), { memberId: 'me', epoch: 0, full: true, owned: [] });
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share([1, 2]) }, 10);
  assert.deepEqual(membership.changes('T'), { added: [1, 2], revoked: [], unknown: false });
  assert.deepEqual(membership.changes('T').added, [], 'once');
  assert.deepEqual(membership.say(20), { memberId: 'me', epoch: 3, full: false, owned: share([1, 2]) });
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: undefined }, 30);
  assert.deepEqual(membership.say(40).owned, undefined);
});

test('what is to go is said to be ours until it is given up, and then at once not to be', () => {
  const membership = member([1, 2]);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share([2]) }, 100);
  const { revoked } = membership.changes('T');
  assert.deepEqual(
    revoked.map(({ partition }) => partition),
    [1],
  );
  assert.deepEqual(membership.changes('T').revoked, [], 'once');
  assert.equal(membership.say(200).owned, undefined, 'nothing has changed yet');
  assert.ok(membership.dueAtMs > 200);
  membership.givenUp(revoked);
  assert.equal(membership.dueAtMs, -Infinity);
  assert.deepEqual(membership.say(300).owned, share([2]));
});

test('what comes back while it is being given up is taken when that is done', () => {
  const membership = member([1]);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: [] }, 100);
  const { revoked } = membership.changes('T');
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share([1]) }, 200);
  assert.deepEqual(membership.changes('T').added, []);
  membership.givenUp(revoked);
  assert.deepEqual(membership.changes('T').added, [1]);
});

test('after a change of the group it asks more often for a while, then as often as the brokers say', () => {
  const membership = member([1]);
  membership.say(1_000);
  assert.equal(membership.dueAtMs, 2_000, 'the epoch is new since 0');
  membership.say(11_000);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: undefined }, 11_000);
  assert.equal(membership.dueAtMs, 16_000);
  membership.answered({ epoch: 4, intervalMs: 5_000, assignment: undefined }, 11_000);
  assert.equal(membership.dueAtMs, 12_000);
});

test('an answer that was lost is asked for with everything, and so it is now and then', () => {
  const membership = member([1]);
  membership.unanswered();
  assert.equal(membership.dueAtMs, -Infinity);
  assert.deepEqual(membership.say(100), { memberId: 'me', epoch: 3, full: true, owned: share([1]) });
  assert.equal(membership.say(24_000).full, false);
  assert.equal(membership.say(25_100).full, true);
});

test('fenced: it owns nothing and joins anew under the same id', () => {
  const membership = member([1]);
  membership.fenced();
  assert.deepEqual([membership.owned, membership.epoch], [[], 0]);
  assert.deepEqual(membership.say(100), { memberId: 'me', epoch: 0, full: true, owned: [] });
});

test('a topic that is made again: nothing of the new one is taken before the old one is given up', () => {
  const membership = member([0, 1]);
  membership.dropped([0, 1]);
  assert.deepEqual(membership.changes('U'), { added: [], revoked: [], unknown: true }, 'the group does not know yet');
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share([0], 'U') }, 100);
  const { added, revoked } = membership.changes('U');
  assert.deepEqual([added, revoked.length], [[], 2]);
  membership.givenUp(revoked);
  assert.deepEqual(membership.changes('U').added, [0]);
  assert.deepEqual(membership.say(200).owned, share([0], 'U'));
});

test('what is ours of a topic whose id is not known yet waits until it is', () => {
  const membership = new ConsumerMembership('me');
  membership.say(0);
  membership.answered({ epoch: 3, intervalMs: 5_000, assignment: share([0]) }, 0);
  for (const id of [undefined, 'before'])
    assert.deepEqual(membership.changes(id), { added: [], revoked: [], unknown: true });
  assert.deepEqual(membership.changes('T'), { added: [0], revoked: [], unknown: false });
});

test('metadata that went back and came again: the work that was dropped for it begins anew', () => {
  const membership = member([0]);
  membership.dropped([0]);
  assert.deepEqual(membership.changes('before').added, []);
  assert.deepEqual(membership.changes('T').added, [0]);
});
