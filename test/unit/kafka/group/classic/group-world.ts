// A group of members in one process: the coordinator's part of the classic protocol in a few lines, our assignor as its leader,
// our membership as each of its members. A partition has two owners at no moment.
import assert from 'node:assert/strict';
import { assignCooperatively } from '../../../../../src/kafka/group/classic/assignment/cooperative-assignor.ts';
import { Membership } from '../../../../../src/kafka/group/classic/membership.ts';

export class GroupWorld {
  readonly #topic: string;
  #count: number;
  #generation = 0;
  #next = 0;
  readonly #members = new Map<string, Membership>();
  #again = false;

  constructor(topic: string, count: number) {
    this.#topic = topic;
    this.#count = count;
  }

  get size(): number {
    return this.#members.size;
  }

  join(): void {
    this.#members.set(`m${this.#next++}`, new Membership());
    this.#again = true;
  }

  leave(which: number): void {
    const id = [...this.#members.keys()][which % this.#members.size];
    if (id !== undefined) this.#members.delete(id);
    this.#again = true;
  }

  grow(): void {
    this.#count++;
    this.#again = true;
  }

  rebalance(): void {
    this.#again = true;
  }

  ownership(): ReadonlyMap<number, string> {
    return new Map([...this.#members].flatMap(([id, { owned }]) => owned.map((number) => [number, id] as const)));
  }

  /** Rebalances until nobody wants to any more. @returns how many rounds it took */
  settle(): number {
    let rounds = 0;
    while (this.#again && this.#members.size > 0) {
      this.#again = false;
      rounds++;
      this.#round();
    }
    return rounds;
  }

  #round(): void {
    this.#generation++;
    const joined = [...this.#members].map(([memberId, membership]) => {
      assert.deepEqual(membership.revokedFirst, [], 'nothing is given up before a cooperative rebalance');
      const { partitions, generation } = membership.ownership;
      const owned = new Map([[this.#topic, partitions]]);
      return { memberId, groupInstanceId: null, topics: [this.#topic], owned, generation };
    });
    const assignment = assignCooperatively(joined, new Map([[this.#topic, this.#count]]));
    const revocations: (() => void)[] = [];
    for (const [id, membership] of this.#members) {
      membership.joined(id, this.#generation);
      const { added, revoked, lost, rejoin } = membership.synced(
        'cooperative-sticky',
        assignment.get(id)?.get(this.#topic) ?? [],
      );
      assert.deepEqual(lost, []);
      // Nobody waits for the others to give up theirs.
      this.#checkOwners();
      assert.equal(rejoin, revoked.length > 0);
      assert.ok(added.every((number) => !revoked.includes(number)));
      if (rejoin) this.#again = true;
      revocations.push(() => membership.givenUp(revoked));
    }
    for (const revoke of revocations) revoke();
  }

  #checkOwners(): void {
    const all = [...this.#members.values()].flatMap(({ owned }) => owned);
    assert.equal(new Set(all).size, all.length, 'a partition has two owners');
  }

  checkEven(): void {
    if (this.#members.size === 0) return;
    const sizes = [...this.#members.values()].map(({ owned }) => owned.length);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      this.#count,
      'every partition is read',
    );
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `shares of ${sizes.join()}`);
  }

  /** No partition of a member that stayed has moved unless the member had more than its share. */
  checkMoves(before: ReadonlyMap<number, string>): void {
    const had = Map.groupBy(before.keys(), (number) => before.get(number) ?? '');
    const least = Math.floor(this.#count / Math.max(1, this.#members.size));
    for (const [id, membership] of this.#members) {
      const numbers = had.get(id) ?? [];
      const kept = numbers.filter((number) => membership.owned.includes(number)).length;
      assert.ok(kept >= Math.min(numbers.length, least), `${id} had ${numbers.length} and kept ${kept}`);
    }
  }
}
