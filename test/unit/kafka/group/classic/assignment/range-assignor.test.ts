import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assignRange } from '../../../../../../src/kafka/group/classic/assignment/range-assignor.ts';
import type { GroupSubscriber } from '../../../../../../src/kafka/group/classic/assignment/subscriber.ts';

const TOPIC = 'requests';

function dynamic(memberId: string, topics: readonly string[] = [TOPIC]): GroupSubscriber {
  return { memberId, groupInstanceId: null, topics };
}

function partitionsOf(members: readonly GroupSubscriber[], count: number): Record<string, readonly number[]> {
  const assignment = assignRange(members, new Map([[TOPIC, count]]));
  return Object.fromEntries([...assignment].map(([member, topics]) => [member, topics.get(TOPIC) ?? []]));
}

test('gives neighbouring partitions, the first members one more', () => {
  assert.deepEqual(partitionsOf([dynamic('a'), dynamic('b'), dynamic('c')], 8), {
    a: [0, 1, 2],
    b: [3, 4, 5],
    c: [6, 7],
  });
  assert.deepEqual(partitionsOf([dynamic('b'), dynamic('a')], 4), { a: [0, 1], b: [2, 3] });
});

test('leaves members over where partitions are fewer', () => {
  assert.deepEqual(partitionsOf([dynamic('a'), dynamic('b'), dynamic('c')], 2), { a: [0], b: [1], c: [] });
  assert.deepEqual(partitionsOf([dynamic('a')], 0), { a: [] });
});

test('gives nothing of a topic to a member that does not read it', () => {
  const assignment = assignRange(
    [dynamic('a', ['other']), dynamic('b')],
    new Map([
      [TOPIC, 2],
      ['other', 1],
    ]),
  );
  assert.deepEqual([...(assignment.get('a') ?? [])], [['other', [0]]]);
  assert.deepEqual([...(assignment.get('b') ?? [])], [[TOPIC, [0, 1]]]);
});

test('a static member keeps its place when it comes back under another member id', () => {
  const named = (memberId: string, groupInstanceId: string) => ({ memberId, groupInstanceId, topics: [TOPIC] });
  const before = partitionsOf([named('x-1', 'replica-0'), named('x-2', 'replica-1'), dynamic('a')], 6);
  const after = partitionsOf([dynamic('a'), named('z-9', 'replica-0'), named('x-2', 'replica-1')], 6);
  assert.deepEqual(before, { 'x-1': [0, 1], 'x-2': [2, 3], a: [4, 5] });
  assert.deepEqual(after['z-9'], before['x-1']);
  assert.deepEqual(after['x-2'], before['x-2']);
});

test('every partition goes to exactly one member, sizes differ by one at most, whoever asks in whatever order', () => {
  const member = fc.record({
    memberId: fc.uuid(),
    groupInstanceId: fc.option(fc.uuid(), { nil: null }),
    topics: fc.constant([TOPIC]),
  });
  const members = fc.uniqueArray(member, { selector: (one) => one.memberId, minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(members, fc.nat({ max: 64 }), (list, count) => {
      const given = partitionsOf(list, count);
      assert.deepEqual(partitionsOf([...list].reverse(), count), given);
      assert.deepEqual(
        Object.values(given)
          .flat()
          .sort((a, b) => a - b),
        Array.from({ length: count }, (_, partition) => partition),
      );
      const sizes = Object.values(given).map((partitions) => partitions.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    }),
  );
});
