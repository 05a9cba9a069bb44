import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  assignAsOwned,
  assignCooperatively,
} from '../../../../../../src/kafka/group/classic/assignment/cooperative-assignor.ts';
import type { OwningSubscriber } from '../../../../../../src/kafka/group/classic/assignment/subscriber.ts';
import { GroupWorld } from '../group-world.ts';

const TOPIC = 'requests';

function member(memberId: string, owned: readonly number[] = [], generation = 1): OwningSubscriber {
  return { memberId, groupInstanceId: null, topics: [TOPIC], owned: new Map([[TOPIC, owned]]), generation };
}

function assign(members: readonly OwningSubscriber[], count: number): Record<string, readonly number[]> {
  const assignment = assignCooperatively(members, new Map([[TOPIC, count]]));
  return Object.fromEntries([...assignment].map(([id, topics]) => [id, topics.get(TOPIC) ?? []]));
}

test('a group that owns nothing shares evenly', () => {
  assert.deepEqual(assign([member('a'), member('b'), member('c')], 8), { a: [0, 1, 2], b: [3, 4, 5], c: [6, 7] });
  assert.deepEqual(assign([member('a'), member('b')], 1), { a: [0], b: [] });
  assert.deepEqual(assign([member('a')], 0), { a: [] });
});

test('what is owned stays, and what should move is left out until its owner has given it up', () => {
  assert.deepEqual(assign([member('a', [0, 1, 2, 3, 4]), member('b')], 5), { a: [0, 1, 2], b: [] });
  assert.deepEqual(assign([member('a', [0, 1, 2]), member('b')], 5), { a: [0, 1, 2], b: [3, 4] });
  assert.deepEqual(assign([member('a', [4, 1]), member('b', [0, 2]), member('c', [3])], 5), {
    a: [1, 4],
    b: [0, 2],
    c: [3],
  });
});

test('of two that claim a partition the one with the newer assignment keeps it', () => {
  assert.deepEqual(assign([member('a', [0, 1], 4), member('b', [1, 2], 5)], 3), { a: [0], b: [1, 2] });
  // Which of them is right cannot be known: both must let go first.
  assert.deepEqual(assign([member('a', [0, 1], 5), member('b', [1, 2], 5)], 3), { a: [0], b: [2] });
});

test('claims of partitions that the topic does not have any more do not count', () => {
  assert.deepEqual(assign([member('a', [0, 3, 4]), member('b', [5])], 2), { a: [0], b: [1] });
});

test('members of different topics get nothing of the others, and one more goes to who has less in all', () => {
  const topics = (id: string, list: readonly string[]) => ({ ...member(id), topics: list, owned: new Map() });
  const both = assignCooperatively(
    [topics('a', ['x', 'y']), topics('b', ['x', 'y']), topics('c', ['z'])],
    new Map([
      ['x', 3],
      ['y', 1],
      ['z', 2],
    ]),
  );
  assert.deepEqual([...(both.get('a') ?? [])], [['x', [0, 1]]]);
  assert.deepEqual(
    [...(both.get('b') ?? [])],
    [
      ['x', [2]],
      ['y', [0]],
    ],
  );
  assert.deepEqual([...(both.get('c') ?? [])], [['z', [0, 1]]]);
});

test('a partition whose owner has changed its topic is not given away before it has let go', () => {
  const left = { ...member('a', [0, 1]), topics: ['other'] };
  assert.deepEqual(assign([left, member('b')], 2), { a: [], b: [] });
});

test('members of one name, which the brokers do not allow, still have an order', () => {
  const twins = ['b', 'a'].map((id) => ({ ...member(id), groupInstanceId: 'same' }));
  assert.deepEqual(assign(twins, 1), { a: [0], b: [] });
});

test('a round in which nothing moves: what is owned stays, the rest waits', () => {
  const assignment = assignAsOwned([member('a', [0, 2]), member('b'), member('c', [2, 3], 7)], new Map([[TOPIC, 5]]));
  const lists = [...assignment].map(([id, topics]) => [id, topics.get(TOPIC) ?? []]);
  assert.deepEqual(Object.fromEntries(lists), { a: [0], b: [], c: [2, 3] });
});

const partition = fc.nat({ max: 11 });
const anyMember = fc.record({
  memberId: fc.string({ minLength: 1, maxLength: 3 }),
  groupInstanceId: fc.option(fc.string({ minLength: 1, maxLength: 3 }), { nil: null }),
  topics: fc.constant([TOPIC]),
  owned: fc.uniqueArray(partition).map((list) => new Map([[TOPIC, list]])),
  generation: fc.integer({ min: -1, max: 3 }),
});
const anyGroup = fc.uniqueArray(anyMember, { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 8 });

test('whatever is claimed: nobody gets what another claims, unless the claim of the other is older', () => {
  fc.assert(
    fc.property(anyGroup, fc.nat({ max: 12 }), (members, count) => {
      const given = assign(members, count);
      assert.deepEqual(assign([...members].reverse(), count), given, 'the order of members decides nothing');
      const all = Object.values(given).flat();
      assert.equal(new Set(all).size, all.length, 'nothing is given twice');
      for (const { memberId } of members) {
        for (const number of given[memberId] ?? []) {
          assert.ok(number < count);
          const own = members.find((one) => one.memberId === memberId);
          const others = members.filter((one) => one !== own && one.owned.get(TOPIC)?.includes(number));
          if (others.length === 0) continue;
          assert.ok(own?.owned.get(TOPIC)?.includes(number) === true, `${number} is taken from another`);
          assert.ok(others.every(({ generation }) => generation < own.generation));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('members come and go, and the topic grows: never two owners, few moves, even in the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.array(fc.nat({ max: 99 }), { maxLength: 40 }), (count, steps) => {
      const world = new GroupWorld(TOPIC, count);
      for (const step of [0, ...steps]) {
        const before = world.ownership();
        if (step < 45 || world.size === 0) world.join();
        else if (step < 75) world.leave(step);
        else if (step < 90) world.grow();
        else world.rebalance();
        const rounds = world.settle();
        assert.ok(rounds <= 3, `${rounds} rounds`);
        world.checkEven();
        world.checkMoves(before);
      }
    }),
    { numRuns: 300 },
  );
});
