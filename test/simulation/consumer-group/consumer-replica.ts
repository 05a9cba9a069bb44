// A replica of the simulation: our membership, driven as `ConsumerMember` drives it, over a network that loses and delays.
import {
  ConsumerMembership,
  type OwnedPartition,
} from '../../../src/kafka/group/consumer-protocol/consumer-membership.ts';
import type { HeartbeatAnswer } from '../../../src/kafka/group/consumer-protocol/heartbeat.ts';
import type { Seeded } from '../seeded.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { keyOf, Refused, type MadeUpCoordinator } from './made-up-coordinator.ts';

/** What the replicas share: time, the coordinator, the network; it is told what they do. */
export interface ReplicaWorld {
  readonly time: VirtualTime;
  readonly random: Seeded;
  readonly coordinator: MadeUpCoordinator;
  /** Something goes wrong now and then. */
  rough: boolean;
  /** The replica works on the partition from now on. */
  began(replica: ConsumerReplica, key: string): void;
  /** A commit was taken by the coordinator. */
  committed(replica: ConsumerReplica, key: string): void;
}

const REQUEST_LIMIT_MS = 1_000;
const DRAIN_LIMIT_MS = 3_000;
const COMMIT_MS = 1_000;

export class ConsumerReplica {
  readonly name: string;
  readonly #world: ReplicaWorld;
  readonly #membership: ConsumerMembership;
  /** Partitions that are worked on, each with a life of its own. */
  #working = new Map<number, { readonly topicId: string; begun: boolean }>();
  #topicId: string;
  #frozenUntilMs = 0;
  #drains = 0;
  #leaving = false;
  #gone = false;
  #turn = 0;

  constructor(world: ReplicaWorld, id: string, name: string) {
    this.#world = world;
    this.name = name;
    this.#membership = new ConsumerMembership(id);
    this.#topicId = world.coordinator.topicId;
    this.#beat();
    this.#commitAgain();
  }

  get gone(): boolean {
    return this.#gone;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  get working(): readonly string[] {
    return [...this.#working].map(([partition, { topicId }]) => keyOf(topicId, partition));
  }

  /** Killed: it says nothing any more. */
  kill(): void {
    this.#gone = true;
    this.#working.clear();
  }

  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#world.time.nowMs + forMs;
  }

  /** Finishes what it has, and says that it goes. */
  leave(): void {
    this.#leaving = true;
    this.#giveUp(this.#membership.owned, () => {
      if (this.#gone) return;
      this.kill();
      this.#sayLeft();
    });
  }

  /** It looks at the topic's metadata, which can be old. */
  look(topicId: string): void {
    if (this.#gone || topicId === this.#topicId) return;
    this.#topicId = topicId;
    const old = [...this.#working].filter(([, one]) => one.topicId !== topicId).map(([partition]) => partition);
    for (const partition of old) this.#working.delete(partition);
    this.#membership.dropped(old);
    this.#carryOut();
  }

  #beat(): void {
    const { time } = this.#world;
    if (this.#gone || (this.#leaving && this.#membership.epoch === 0)) return;
    const turn = ++this.#turn;
    // An answer that comes after its limit is nobody's.
    const ends = () => !this.#gone && turn === this.#turn && ++this.#turn > 0;
    const said = this.#membership.say(time.nowMs);
    time.after(REQUEST_LIMIT_MS, () => {
      if (!ends()) return;
      this.#membership.unanswered();
      this.#later(100, () => this.#beat());
    });
    this.#send(
      () => this.#world.coordinator.heartbeat(said, this.name, time.nowMs),
      (answer, refused) => {
        if (!ends()) return;
        if (refused !== undefined) return this.#refused(refused);
        this.#membership.answered(answer as HeartbeatAnswer, time.nowMs);
        this.#carryOut();
        this.#untilDue();
      },
    );
  }

  #untilDue(): void {
    const delayMs = Math.max(1, Math.min(100, this.#membership.dueAtMs - this.#world.time.nowMs));
    this.#later(delayMs, () => {
      if (this.#membership.dueAtMs <= this.#world.time.nowMs) this.#beat();
      else this.#untilDue();
    });
  }

  #refused(code: string): void {
    if (code === 'UNRELEASED_INSTANCE_ID') {
      this.#membership.unanswered();
      // It can be its own: then the answer was lost.
      this.#sayLeft();
      return this.#later(500, () => this.#beat());
    }
    // Another has our name: the process ends.
    if (code === 'FENCED_INSTANCE_ID') return this.kill();
    this.#membership.fenced();
    this.#working.clear();
    if (code === 'FENCED_MEMBER_EPOCH') this.#sayLeft();
    const rejoin = () => (this.#drains > 0 ? this.#later(50, rejoin) : this.#beat());
    this.#later(50, rejoin);
  }

  #sayLeft(): void {
    const { memberId } = this.#membership;
    this.#send(
      () => this.#world.coordinator.leave(memberId, this.name),
      () => undefined,
    );
    this.#membership.memberId += "'";
  }

  #carryOut(): void {
    if (this.#leaving || this.#gone || this.#membership.epoch === 0) return;
    const { added, revoked, unknown } = this.#membership.changes(this.#topicId === '' ? undefined : this.#topicId);
    for (const partition of added) {
      this.#working.set(partition, { topicId: this.#topicId, begun: false });
      this.#begin(partition);
    }
    if (revoked.length > 0) this.#giveUp(revoked, () => undefined);
    if (unknown) this.#later(this.#world.random.between(5, 300), () => this.look(this.#world.coordinator.topicId));
  }

  /** Where it begins is asked in its name: who is no member any more, or of an older epoch, is not answered. */
  #begin(partition: number): void {
    const one = this.#working.get(partition);
    const { memberId, epoch } = this.#membership;
    if (one === undefined || one.begun) return;
    if (!this.#world.coordinator.takes(memberId, epoch, this.#world.time.nowMs)) return;
    one.begun = true;
    this.#world.began(this, keyOf(one.topicId, partition));
  }

  #giveUp(partitions: readonly OwnedPartition[], done: () => void): void {
    const { random } = this.#world;
    this.#drains++;
    this.#later(random.chance(0.1) ? DRAIN_LIMIT_MS : random.between(0, 500), () => {
      this.#drains--;
      // The last commit is still on its way when they are given up.
      this.#commit();
      for (const { topicId, partition } of partitions) {
        if (this.#working.get(partition)?.topicId === topicId) this.#working.delete(partition);
      }
      this.#membership.givenUp(partitions);
      this.#carryOut();
      done();
    });
  }

  #commitAgain(): void {
    this.#later(this.#world.random.between(1, COMMIT_MS), () => {
      this.#commit();
      this.#commitAgain();
    });
  }

  #commit(): void {
    const { memberId, epoch } = this.#membership;
    const { time, coordinator } = this.#world;
    for (const [partition, one] of this.#working) {
      this.#begin(partition);
      if (!one.begun) continue;
      const key = keyOf(one.topicId, partition);
      this.#send(
        () => coordinator.takes(memberId, epoch, time.nowMs) && this.#world.committed(this, key),
        () => undefined,
      );
    }
  }

  /** Runs when it is not frozen. */
  #later(delayMs: number, run: () => void): void {
    this.#world.time.after(delayMs, () => {
      if (this.#gone) return;
      const waitMs = this.#frozenUntilMs - this.#world.time.nowMs;
      if (waitMs > 0) this.#later(waitMs, run);
      else run();
    });
  }

  /** A request and its answer: either can be lost, and a request can come very late, while its sender still lives. */
  #send(request: () => unknown, answered: (answer: unknown, refused: string | undefined) => void): void {
    const { time, random, rough } = this.#world;
    if (rough && random.chance(0.05)) return;
    const late = rough && random.chance(0.05);
    time.after(late ? random.between(500, 6_000) : random.between(1, 20), () => {
      if (late && this.#gone) return;
      let answer: unknown;
      let refused: string | undefined;
      try {
        answer = request();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused = error.code;
      }
      if (this.#world.rough && random.chance(0.05)) return;
      this.#later(random.between(1, 20), () => answered(answer, refused));
    });
  }
}
