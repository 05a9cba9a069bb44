// Groups in which the brokers share out the partitions, with all that can go wrong between them and their members.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { forSeeds, Seeded } from '../seeded.ts';
import { VirtualTime } from '../virtual-time.ts';
import { ConsumerReplica, type ReplicaWorld } from './consumer-replica.ts';
import { MadeUpCoordinator } from './made-up-coordinator.ts';

const ROUGH_MS = 30_000;
// Sessions end, names become free, drains come to their end, twice in a row.
const REST_MS = 40_000;

class GroupOfReplicas {
  readonly time = new VirtualTime();
  readonly random: Seeded;
  readonly coordinator = new MadeUpCoordinator();
  rough: boolean;
  /** Nothing ever goes wrong. */
  readonly #calm: boolean;
  readonly #begunBy = new Map<string, ConsumerReplica>();
  commits = 0;
  #replicas: ConsumerReplica[] = [];
  #started = 0;
  #topics = 0;
  #partitions: number;

  constructor(seed: number, rough: boolean) {
    this.random = new Seeded(seed);
    this.rough = rough;
    this.#calm = !rough;
    this.#partitions = this.random.between(1, 8);
    this.#makeTopic();
    this.start();
  }

  get alive(): readonly ConsumerReplica[] {
    return this.#replicas.filter((replica) => !replica.gone);
  }

  start(name = ''): void {
    const world: ReplicaWorld = this;
    this.#replicas.push(new ConsumerReplica(world, `member-${++this.#started}`, name));
  }

  began(replica: ConsumerReplica, key: string): void {
    this.#begunBy.set(key, replica);
    if (!this.#calm) return;
    const owners = this.alive.filter(({ working }) => working.includes(key));
    assert.equal(owners.length, 1, `${key} is with two replicas`);
  }

  committed(replica: ConsumerReplica, key: string): void {
    this.commits++;
    assert.equal(
      this.#begunBy.get(key),
      replica,
      `offsets of ${key} are taken from one whose partition another has begun`,
    );
  }

  /** Something of what happens to groups. */
  happen(): void {
    const { random } = this;
    const replica = this.alive.length > 0 ? random.pick(this.alive) : undefined;
    const chance = random.next();
    if (replica === undefined || (chance < 0.25 && this.alive.length < 5)) this.start(this.#freeName());
    else if (chance < 0.4) this.#end(replica, () => replica.leave());
    else if (chance < 0.5 && this.rough) this.#end(replica, () => replica.kill());
    else if (chance < 0.65 && this.rough) replica.freeze(random.between(100, 9_000));
    else if (chance < 0.75) this.coordinator.setTopic(this.coordinator.topicId, (this.#partitions += 1));
    else if (chance < 0.8) this.#makeTopic();
  }

  run(forMs: number): void {
    let over = false;
    this.time.after(forMs, () => (over = true));
    while (!over) this.time.step();
  }

  /** Nothing more happens, but what has begun. */
  settle(): void {
    if (this.alive.every(({ leaving }) => leaving)) this.start();
    this.run(REST_MS);
    const held = this.alive.map((replica) => replica.working.length);
    const keys = this.alive.flatMap((replica) => [...replica.working]).sort();
    assert.deepEqual(keys, [...this.coordinator.keys].sort(), 'every partition is with one replica');
    assert.ok(Math.max(...held) - Math.min(...held) <= 1, `shares of ${held.join()}`);
  }

  #makeTopic(): void {
    this.coordinator.setTopic(`topic${++this.#topics}`, (this.#partitions = this.random.between(1, 8)));
    for (const replica of this.alive) {
      this.time.after(this.random.between(1, 2_000), () => replica.look(this.coordinator.topicId));
      // A broker that has not heard of it yet.
      const old = `topic${this.#topics - 1}`;
      if (this.random.chance(0.2)) this.time.after(this.random.between(1_000, 3_000), () => replica.look(old));
    }
  }

  #freeName(): string {
    const free = ['seat-0', 'seat-1'].filter((name) => this.alive.every((replica) => replica.name !== name));
    return free.length > 0 && this.random.chance(0.5) ? this.random.pick(free) : '';
  }

  /** One that has a name is replaced by another of its name as a rule. */
  #end(replica: ConsumerReplica, how: () => void): void {
    how();
    if (replica.name === '' || this.random.chance(0.2)) return;
    const again = () => {
      if (!replica.gone) return this.time.after(100, again);
      if (this.alive.every(({ name }) => name !== replica.name)) this.start(replica.name);
    };
    this.time.after(this.random.between(10, 2_000), again);
  }
}

test('nothing goes wrong: no partition is with two replicas at any time, and all are shared in the end', () => {
  forSeeds(60, (seed) => {
    const group = new GroupOfReplicas(seed, false);
    for (let step = 0; step < 15; step++) {
      group.run(group.random.between(10, 3_000));
      group.happen();
    }
    group.settle();
    assert.ok(group.commits > 0);
  });
});

test('messages are lost and late, replicas die, freeze and come back: only who may work on a partition stores its offsets', () => {
  forSeeds(60, (seed) => {
    const group = new GroupOfReplicas(seed, true);
    while (group.time.nowMs < ROUGH_MS) {
      group.run(group.random.between(10, 3_000));
      group.happen();
    }
    group.rough = false;
    group.settle();
  });
});
