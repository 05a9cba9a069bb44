import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Membership } from '../../../../../src/kafka/group/classic/membership.ts';
import type { GroupProtocol } from '../../../../../src/kafka/group/classic/group-messages.ts';

function member(protocol: GroupProtocol, given: readonly number[]) {
  const membership = new Membership();
  membership.joined('me', 4);
  const moves = membership.synced(protocol, given);
  return { membership, moves };
}

test('cooperative: keeps what it has while the group rebalances, and says so', () => {
  const { membership, moves } = member('cooperative-sticky', [1, 3]);
  assert.deepEqual(moves, { added: [1, 3], revoked: [], lost: [], rejoin: false });
  assert.deepEqual(membership.revokedFirst, []);
  assert.deepEqual(membership.ownership, { partitions: [1, 3], generation: 4 });
});

test('cooperative: gives up what it should no longer have, then joins again', () => {
  const { membership } = member('cooperative-sticky', [1, 3]);
  membership.joined('me', 5);
  assert.deepEqual(membership.ownership.generation, 4, 'the assignment has not come yet');
  const moves = membership.synced('cooperative-sticky', [3, 0]);
  assert.deepEqual(moves, { added: [0], revoked: [1], lost: [], rejoin: true });
  assert.deepEqual(membership.owned, [1, 3, 0], 'while it finishes');
  membership.givenUp([1]);
  assert.deepEqual(membership.ownership, { partitions: [3, 0], generation: 5 });
});

test('eager: gives up everything before it joins', () => {
  const { membership, moves } = member('range', [0, 1]);
  assert.deepEqual(moves, { added: [0, 1], revoked: [], lost: [], rejoin: false });
  assert.deepEqual(membership.revokedFirst, [0, 1]);
  membership.givenUp([0, 1]);
  assert.deepEqual(membership.ownership.partitions, []);
  membership.joined('me', 5);
  assert.deepEqual(membership.synced('range', [1]), { added: [1], revoked: [], lost: [], rejoin: false });
});

test('a member that knows only range joins: everything is given up after all, and then joined as it does', () => {
  const { membership } = member('cooperative-sticky', [0, 1, 2]);
  membership.joined('me', 5);
  // Our own leaders leave everything where it is; a foreign one has given 0 and 1 to others, and 5 to us.
  const moves = membership.synced('range', [2, 5]);
  assert.deepEqual(moves, { added: [], revoked: [2], lost: [0, 1], rejoin: true });
  assert.deepEqual(membership.revokedFirst, [2], 'should the group rebalance meanwhile');
  membership.givenUp([2]);
  membership.joined('me', 6);
  assert.deepEqual(membership.synced('range', [2, 5]).added, [2, 5]);
});

test('when the last member that knows only range has left, all begin with nothing and share cooperatively', () => {
  const { membership } = member('range', [0, 1]);
  membership.givenUp(membership.revokedFirst);
  membership.joined('me', 5);
  assert.deepEqual(membership.synced('cooperative-sticky', [0, 1, 2]).added, [0, 1, 2]);
  assert.deepEqual(membership.revokedFirst, []);
});

test('a fenced member has nothing, and claims nothing', () => {
  const { membership } = member('cooperative-sticky', [0, 1]);
  membership.fenced(false);
  assert.deepEqual(membership.ownership, { partitions: [], generation: -1 });
  assert.deepEqual([membership.memberId, membership.generation], ['me', -1]);
  membership.fenced(true);
  assert.equal(membership.memberId, '');
});
