import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeConsumerProtocolAssignment, encodeConsumerProtocolSubscription } from '@platformatic/kafka';
import {
  assignedPartitions,
  groupAssignments,
  groupProtocols,
  subscribersOf,
  topicsOf,
} from '../../../../../src/kafka/group/classic/group-messages.ts';

const COUNTS = new Map([['in', 4]]);

function joined(memberId: string, partitions: readonly number[], generation: number, protocol: 0 | 1 = 0) {
  return {
    memberId,
    groupInstanceId: null,
    metadata: groupProtocols('in', { partitions, generation })[protocol]?.metadata ?? null,
  };
}

test('what a member says is what the leader hears, in both protocols', () => {
  for (const protocol of [0, 1] as const) {
    const [member] = subscribersOf([joined('a', [3, 1], 7, protocol)]);
    assert.deepEqual(member, {
      ...{ memberId: 'a', groupInstanceId: null, topics: ['in'] },
      ...{ owned: new Map([['in', [1, 3]]]), generation: 7 },
    });
  }
});

test('members of other clients: no word of partitions, or the generation in the user data', () => {
  const generation = Buffer.alloc(4);
  generation.writeInt32BE(5);
  const old = encodeConsumerProtocolSubscription({ version: 0, topics: ['in', 'other'] });
  const ownedPartitions = [{ topic: 'in', partitions: [2] }];
  const java = encodeConsumerProtocolSubscription({
    version: 1,
    topics: ['in'],
    ownedPartitions,
    userData: generation,
  });
  const members = subscribersOf([
    { memberId: 'old', metadata: old },
    { memberId: 'java', metadata: java },
  ]);
  assert.deepEqual(
    members.map(({ owned, generation: since }) => [owned.get('in') ?? [], since]),
    [
      [[], -1],
      [[2], 5],
    ],
  );
  assert.deepEqual(topicsOf(members), ['in', 'other']);
});

test('an assignment says nothing beside the partitions: brokers would not change the group to the other protocol', () => {
  const [only] = groupAssignments('range', subscribersOf([joined('a', [], -1, 1)]), new Map([...COUNTS, ['x', 9]]));
  assert.ok(only);
  assert.deepEqual(assignedPartitions(only.assignment, 'in'), [0, 1, 2, 3]);
  assert.equal(decodeConsumerProtocolAssignment(only.assignment).userData?.length ?? 0, 0);
});

test('range while members still own partitions: everything stays where it is; once they own none, range', () => {
  const given = (members: ReturnType<typeof joined>[]) =>
    groupAssignments('range', subscribersOf(members), COUNTS).map(({ assignment }) =>
      assignedPartitions(assignment, 'in'),
    );
  assert.deepEqual(given([joined('a', [0, 1, 2, 3], 3, 1), joined('b', [], -1, 1)]), [[0, 1, 2, 3], []]);
  assert.deepEqual(given([joined('a', [], 4, 1), joined('b', [], 4, 1)]), [
    [0, 1],
    [2, 3],
  ]);
});
