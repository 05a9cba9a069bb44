// The brokers' part of the consumer protocol (KIP-848), as Kafka 4.1 plays it: one group that reads one topic.
import type { Heartbeat, HeartbeatAnswer, TopicShare } from '../../../src/kafka/group/consumer-protocol/heartbeat.ts';

export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

interface Member {
  readonly id: string;
  readonly name: string;
  /** -2: it has left, and its name keeps its place. */
  epoch: number;
  previousEpoch: number;
  assigned: Set<string>;
  /** To be let go of before anything else happens. */
  pending: Set<string>;
  sessionEndsMs: number;
  /** By when it must have let go. */
  pendingUntilMs: number;
}

export const INTERVAL_MS = 1_000;
export const SESSION_MS = 6_000;
export const REBALANCE_MS = 8_000;

export class MadeUpCoordinator {
  #members = new Map<string, Member>();
  #target = new Map<string, Set<string>>();
  #epoch = 0;
  #topic = '';
  #partitions: readonly string[] = [];

  /** The topic as it is now; no partitions for none. */
  setTopic(id: string, partitions: number): void {
    this.#topic = id;
    this.#partitions = Array.from({ length: partitions }, (_, partition) => keyOf(id, partition));
    this.#share();
  }

  get topicId(): string {
    return this.#topic;
  }

  get keys(): readonly string[] {
    return this.#partitions;
  }

  /** Ends the sessions of those that were not heard for too long, and of those that do not let go. */
  expire(nowMs: number): void {
    for (const member of this.#members.values()) {
      if (member.sessionEndsMs > nowMs && member.pendingUntilMs > nowMs) continue;
      this.#remove(member);
    }
  }

  heartbeat(said: Heartbeat, name: string, nowMs: number): HeartbeatAnswer {
    this.expire(nowMs);
    const member = said.epoch === 0 ? this.#join(said.memberId, name) : this.#member(said, name);
    const before = textOf(member.assigned);
    this.#reconcile(member, said.owned === undefined ? undefined : new Set(keysOf(said.owned)), nowMs);
    member.sessionEndsMs = nowMs + SESSION_MS;
    const news = said.full || said.epoch === 0 || textOf(member.assigned) !== before;
    return { epoch: member.epoch, intervalMs: INTERVAL_MS, assignment: news ? sharesOf(member.assigned) : undefined };
  }

  leave(memberId: string, name: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) throw new Refused(name === '' ? 'UNKNOWN_MEMBER_ID' : 'FENCED_INSTANCE_ID');
    if (name === '') return this.#remove(member);
    member.epoch = -2;
    member.pending.clear();
    member.pendingUntilMs = Infinity;
  }

  /** Whether offsets are taken in the name of this member. */
  takes(memberId: string, epoch: number, nowMs: number): boolean {
    this.expire(nowMs);
    return this.#members.get(memberId)?.epoch === epoch;
  }

  #join(id: string, name: string): Member {
    const known = name === '' ? this.#members.get(id) : [...this.#members.values()].find((one) => one.name === name);
    if (known !== undefined && name === '') return known;
    if (known !== undefined && known.epoch !== -2) throw new Refused('UNRELEASED_INSTANCE_ID');
    const fresh = { epoch: 0, previousEpoch: 0, pending: new Set<string>(), sessionEndsMs: Infinity };
    const member = { ...fresh, id, name, assigned: known?.assigned ?? new Set(), pendingUntilMs: Infinity };
    if (known === undefined) {
      this.#members.set(id, member);
      this.#share();
      return member;
    }
    this.#members.delete(known.id);
    this.#members.set(id, member);
    this.#target.set(id, this.#target.get(known.id) ?? new Set());
    this.#target.delete(known.id);
    return member;
  }

  #member({ memberId, epoch, owned }: Heartbeat, name: string): Member {
    const member = this.#members.get(memberId);
    if (member === undefined) {
      const taken = name !== '' && [...this.#members.values()].some((one) => one.name === name);
      throw new Refused(taken ? 'FENCED_INSTANCE_ID' : 'UNKNOWN_MEMBER_ID');
    }
    const late =
      epoch === member.previousEpoch && owned !== undefined && keysOf(owned).every((key) => member.assigned.has(key));
    if (epoch !== member.epoch && !late) throw new Refused('FENCED_MEMBER_EPOCH');
    return member;
  }

  #reconcile(member: Member, owned: ReadonlySet<string> | undefined, nowMs: number): void {
    const holds = (keys: Iterable<string>) => owned === undefined || [...keys].some((key) => owned.has(key));
    let { epoch } = member;
    if (member.pending.size > 0) {
      if (holds(member.pending)) return;
      epoch++;
    }
    const target = this.#target.get(member.id) ?? new Set<string>();
    const kept = new Set([...member.assigned].filter((key) => target.has(key)));
    const going = new Set([...member.assigned].filter((key) => !target.has(key)));
    if (going.size > 0 && holds(going)) {
      if (member.pending.size === 0 || epoch !== member.epoch) member.pendingUntilMs = nowMs + REBALANCE_MS;
      this.#move(member, epoch, kept, going);
      return;
    }
    const taken = new Set([...this.#members.values()].filter((one) => one !== member).flatMap((one) => [...one.assigned, ...one.pending])); // prettier-ignore
    for (const key of target) if (!taken.has(key)) kept.add(key);
    member.pendingUntilMs = Infinity;
    this.#move(member, this.#epoch, kept, new Set());
  }

  #move(member: Member, epoch: number, assigned: Set<string>, pending: Set<string>): void {
    if (epoch !== member.epoch) member.previousEpoch = member.epoch;
    member.epoch = epoch;
    member.assigned = assigned;
    member.pending = pending;
  }

  #remove(member: Member): void {
    this.#members.delete(member.id);
    this.#target.delete(member.id);
    this.#share();
  }

  /** Another epoch of the group: everybody has as many as the others or one more, and keeps what it can. */
  #share(): void {
    this.#epoch++;
    const members = [...this.#members.keys()].sort();
    const old = this.#target;
    this.#target = new Map(members.map((id) => [id, new Set()]));
    const left = new Set(this.#partitions);
    const quota = (index: number) =>
      Math.floor(this.#partitions.length / members.length) + (index < this.#partitions.length % members.length ? 1 : 0);
    for (const [index, id] of members.entries()) {
      const kept = [...(old.get(id) ?? [])].filter((key) => left.has(key)).slice(0, quota(index));
      for (const key of kept) {
        left.delete(key);
        this.#target.get(id)?.add(key);
      }
    }
    for (const [index, id] of members.entries()) {
      const target = this.#target.get(id);
      for (const key of left) {
        if (target === undefined || target.size >= quota(index)) break;
        target.add(key);
        left.delete(key);
      }
    }
  }
}

export function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}

function textOf(keys: ReadonlySet<string>): string {
  return [...keys].sort().join();
}

function keysOf(shares: readonly TopicShare[]): string[] {
  return shares.flatMap(({ topicId, partitions }) => partitions.map((partition) => keyOf(topicId, partition)));
}

function sharesOf(keys: ReadonlySet<string>): TopicShare[] {
  const topics = Map.groupBy(keys, (key) => key.split('/')[0] ?? '');
  return [...topics].map(([topicId, of]) => ({ topicId, partitions: of.map((key) => Number(key.split('/')[1])) }));
}
