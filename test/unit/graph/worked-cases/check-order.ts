import assert from 'node:assert/strict';
import type { SeenCall } from '../../../../src/dev/graph-test/run/seen-call.ts';

interface OrderedCall {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly node: string;
}

/** The calls are those of the case, in its order; what the case says of before, after and at the same time must hold. */
export function checkOrder(
  expected: readonly OrderedCall[],
  parallel: readonly (readonly string[])[],
  seen: readonly SeenCall[],
): void {
  const byId = new Map<string, SeenCall>();
  for (const [index, call] of expected.entries()) {
    const found = seen[index];
    assert.ok(found && found.node === call.node, `call ${index + 1} is no call of ${call.node}`);
    for (const earlier of call.after ?? []) {
      const before = byId.get(earlier);
      assert.ok(before && before.ended < found.began, `${call.id} began before ${earlier} had ended`);
    }
    if (call.id !== undefined) byId.set(call.id, found);
  }
  for (const group of parallel) {
    const members = group.map((id) => byId.get(id)).filter((call) => call !== undefined);
    assert.equal(members.length, group.length);
    const lastBegan = Math.max(...members.map((call) => call.began));
    const firstEnded = Math.min(...members.map((call) => call.ended));
    assert.ok(lastBegan < firstEnded, `${group.join(', ')} did not overlap`);
  }
}
