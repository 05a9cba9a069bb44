// Replicas of a stream that delivers exactly once, in a world where they are killed, frozen and replaced, partitions move between
// them, answers are lost and transactions time out. A reader of committed records must see each input once, and each key in order.
import assert from 'node:assert/strict';
import type { OrderMode } from '../../../src/stream/work/work-limits.ts';
import { Seeded } from '../seeded.ts';
import { VirtualTime } from '../virtual-time.ts';
import { MadeUpBroker } from './made-up-broker.ts';
import { Replica } from './replica.ts';

const QUIET_AFTER_MS = 60_000;
const GIVE_UP_MS = 3_600_000;
const SESSION_MS = 4_000;
const REBALANCE_MS = 5_000;

export class ExactlyOnceWorld {
  readonly #time = new VirtualTime();
  readonly #random: Seeded;
  readonly #broker: MadeUpBroker;
  readonly #order: OrderMode;
  readonly #replicas = new Map<number, Replica>();
  readonly #owners = new Map<number, Replica>();
  #rebalance = 0;
  #lastId = 0;

  constructor(seed: number, order: OrderMode) {
    this.#random = new Seeded(seed);
    this.#order = order;
    this.#broker = new MadeUpBroker(this.#time, this.#random);
  }

  /** Runs until all is committed. */
  run(): { readonly commits: number } {
    for (let count = this.#random.between(1, 3); count > 0; count--) this.#start();
    this.#every(2_000, () => this.#disturb());
    while (!this.#broker.done || !this.#calm) {
      assert.ok(this.#time.nowMs < GIVE_UP_MS, 'the stream does not come to its end');
      assert.ok(this.#time.step(), 'nothing is left to happen, and the stream is not at its end');
    }
    this.#check();
    return { commits: this.#broker.commits };
  }

  get #quiet(): boolean {
    return this.#time.nowMs > QUIET_AFTER_MS;
  }

  get #calm(): boolean {
    return [...this.#replicas.values()].every(
      ({ work, outbox }) => work.open === 0 && work.waiting === 0 && outbox.size === 0,
    );
  }

  #every(intervalMs: number, run: () => void): void {
    this.#time.after(intervalMs, () => {
      run();
      this.#every(intervalMs, run);
    });
  }

  // What makes trouble does so for a minute; then the stream must come to its end.
  #disturb(): void {
    // Whoever was meant for a partition may have gone meanwhile.
    if (this.#quiet && this.#owners.size < this.#broker.log.length) this.#reassign();
    if (this.#quiet) return;
    const random = this.#random;
    const replica = random.pick([...this.#replicas.values()]);
    const luck = random.next();
    if (luck < 0.15) this.#kill(replica);
    else if (luck < 0.35) this.#freeze(replica);
    else if (luck < 0.5 && this.#replicas.size < 4) this.#start();
    else if (luck < 0.8) this.#reassign();
  }

  #start(id = ++this.#lastId): void {
    const replica = new Replica(id, this.#time, this.#random, this.#broker, this.#order, () => this.#quiet);
    this.#replicas.set(id, replica);
    this.#join(replica);
  }

  #join(replica: Replica): void {
    this.#broker.members.add(replica.id);
    this.#reassign();
  }

  #kill(replica: Replica): void {
    replica.kill();
    this.#replicas.delete(replica.id);
    // One that comes back with its name takes its place at once; another's session has to end first.
    const named = this.#random.chance(0.5);
    this.#time.after(named ? 50 : SESSION_MS, () => this.#forget(replica));
    this.#time.after(this.#random.between(60, 2_000), () => (named ? this.#start(replica.id) : this.#start()));
  }

  #freeze(replica: Replica): void {
    const forMs = this.#random.between(500, 12_000);
    replica.freeze(forMs);
    if (forMs < SESSION_MS) return;
    this.#time.after(SESSION_MS, () => this.#forget(replica));
    // Awake, it goes on with what it had in hand, until its heartbeat tells it.
    replica.after(forMs + this.#random.between(0, 400), () => {
      replica.lose(replica.partitions);
      replica.generation = 0;
      this.#join(replica);
    });
  }

  // The session is over: its partitions are anybody's.
  #forget(replica: Replica): void {
    if (this.#replicas.get(replica.id) === replica || replica.dead) this.#broker.members.delete(replica.id);
    for (const [number, owner] of this.#owners) if (owner === replica) this.#owners.delete(number);
    this.#reassign();
  }

  // Owners finish the partitions that move, but for those that cannot; then there is a new generation.
  #reassign(): void {
    const round = ++this.#rebalance;
    const members = [...this.#replicas.values()].filter(({ id }) => this.#broker.members.has(id));
    if (members.length === 0) return;
    const targets = new Map(this.#broker.log.map((_, number) => [number, this.#random.pick(members)]));
    let draining = 0;
    const next = () => {
      if (round === this.#rebalance && draining === 0) this.#generation(targets);
    };
    for (const [number, target] of targets) {
      const owner = this.#owners.get(number);
      if (owner === undefined || owner === target) continue;
      draining++;
      owner.after(1, () =>
        owner.revoke([number], () => {
          if (this.#owners.get(number) === owner) this.#owners.delete(number);
          draining--;
          next();
        }),
      );
    }
    next();
    // Who does not come in time is left behind.
    this.#time.after(REBALANCE_MS, () => {
      if (round !== this.#rebalance || draining === 0) return;
      for (const [number, target] of targets) {
        const owner = this.#owners.get(number);
        if (owner !== undefined && owner !== target) this.#expel(owner);
      }
      this.#reassign();
    });
  }

  #expel(replica: Replica): void {
    if (!this.#broker.members.delete(replica.id)) return;
    for (const [number, owner] of this.#owners) if (owner === replica) this.#owners.delete(number);
    replica.after(this.#random.between(0, 400), () => {
      replica.lose(replica.partitions);
      replica.generation = 0;
      if (!this.#broker.members.has(replica.id)) this.#join(replica);
    });
  }

  #generation(targets: ReadonlyMap<number, Replica>): void {
    const generation = ++this.#broker.generation;
    for (const [number, target] of targets) {
      if (this.#owners.get(number) === target || !this.#broker.members.has(target.id)) continue;
      this.#owners.set(number, target);
    }
    for (const replica of this.#replicas.values()) {
      if (!this.#broker.members.has(replica.id)) continue;
      replica.after(this.#random.between(1, 80), () => {
        if (!this.#broker.members.has(replica.id) || generation <= replica.generation) return;
        replica.generation = generation;
        for (const [number, owner] of this.#owners) {
          if (owner === replica) replica.assign(number, () => this.#owners.get(number) === replica);
        }
      });
    }
  }

  #check(): void {
    const { log, seen } = this.#broker;
    for (const [number, records] of log.entries()) {
      const offsets = records.map(({ offset }) => offset);
      assert.deepEqual(
        seen[number]?.toSorted((a, b) => a - b),
        offsets,
        `partition ${number}: each once`,
      );
      if (this.#order === 'unordered') continue;
      const latest = new Map<string, number>();
      for (const offset of seen[number] ?? []) {
        const key = records.find((record) => record.offset === offset)?.key ?? null;
        if (this.#order === 'key' && key === null) continue;
        const line = this.#order === 'partition' ? '' : String(key);
        assert.ok((latest.get(line) ?? -1) < offset, `${number}/${offset} is seen after ${latest.get(line)}`);
        latest.set(line, offset);
      }
    }
    for (const replica of this.#replicas.values()) replica.checkEnd();
  }
}
