// The pure core of the stream in a made-up world: a log, a group that takes partitions away and gives them back, models that
// answer, fail, hang or cannot be reached, and a broker that stores late or refuses. All of it on a virtual clock.
import assert from 'node:assert/strict';
import { backoffMs } from '../../src/base/backoff.ts';
import { AssignedPartition } from '../../src/kafka/offsets/assigned-partition.ts';
import type { InputRecord } from '../../src/kafka/record.ts';
import type { Failure } from '../../src/stream/failure.ts';
import type { Job } from '../../src/stream/work/job.ts';
import { Work } from '../../src/stream/work/work.ts';
import type { OrderMode, WorkLimits } from '../../src/stream/work/work-limits.ts';
import { Seeded } from './seeded.ts';
import { VirtualTime } from './virtual-time.ts';

interface LogRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
}

/** What the checks need of one assignment. */
interface Life {
  readonly start: number;
  /** Jobs in the order in which their results or error records left. */
  readonly left: Job[];
  readonly settled: Set<number>;
  draining: boolean;
}

const QUIET_AFTER_MS = 60_000;
const GIVE_UP_MS = 3_600_000;
const FETCH_BYTES = 4_000;
const RETRY = { initialMs: 50, maxMs: 1_500 };
const FAILURE: Failure = { code: 'MODEL_STATUS', message: 'no', node: 'm', status: '400', response: Buffer.alloc(20) };

export class StreamWorld {
  readonly time = new VirtualTime();
  readonly #random: Seeded;
  readonly #order: OrderMode;
  readonly #limits: WorkLimits;
  readonly #retries: number;
  #work: Work;
  readonly #log: LogRecord[][];
  readonly #committed: number[];
  /** Outcomes over all lives, by partition and offset. */
  readonly #outcomes: Map<number, number>[];
  readonly #lives = new Map<AssignedPartition, Life>();
  readonly #outputFreeAt: number[] = [];
  #assigned: AssignedPartition[] = [];
  readonly #started = new WeakSet<Job>();
  #gateOpen = true;
  #running = 0;
  /** Grows when the process dies: what it had under way happens to nobody. */
  #process = 0;
  finished = 0;

  constructor(seed: number, order: OrderMode) {
    this.#random = new Seeded(seed);
    const random = this.#random;
    this.#order = order;
    this.#limits = {
      workers: random.between(1, 12),
      openRecords: random.between(2, 60),
      openBytes: random.between(1_000, 40_000),
      waitingBytes: random.between(1_000, 40_000),
    };
    this.#retries = random.between(0, 4);
    this.#work = new Work(order, this.#limits);
    const keys = Array.from({ length: random.between(1, 12) }, (_, id) => Buffer.from(`key-${id}`));
    this.#log = Array.from({ length: random.between(1, 5) }, () => this.#writeLog(keys));
    this.#committed = this.#log.map((records) => records[0]?.offset ?? 0);
    this.#outcomes = this.#log.map(() => new Map());
  }

  /** Runs until every record is committed. */
  run(): void {
    this.#assign(this.#log.map((_, partition) => partition));
    this.#every(200, () => this.#commit());
    this.#every(3_000, () => this.#disturb());
    while (!this.#done) {
      assert.ok(this.time.nowMs < GIVE_UP_MS, 'the stream does not come to its end');
      assert.ok(this.time.step(), 'nothing is left to happen, and the stream is not at its end');
      this.#checkLimits();
    }
    this.#checkEnd();
  }

  #writeLog(keys: readonly Buffer[]): LogRecord[] {
    const random = this.#random;
    const records: LogRecord[] = [];
    let offset = random.between(0, 1_000);
    for (let left = random.between(0, 120); left > 0; left--) {
      const sizeBytes = random.chance(0.02) ? random.between(20_000, 90_000) : random.between(0, 300);
      const key = random.chance(0.1) ? null : random.pick(keys);
      records.push({ offset, key, value: Buffer.alloc(sizeBytes) });
      offset += random.chance(0.1) ? random.between(2, 9) : 1;
    }
    return records;
  }

  #every(intervalMs: number, run: () => void): void {
    const again = () => {
      run();
      this.time.after(intervalMs, again);
    };
    this.time.after(intervalMs, again);
  }

  get #done(): boolean {
    return (
      this.#assigned.length === this.#log.length && this.#log.every((_, partition) => this.#isCommitted(partition))
    );
  }

  #end(partition: number): number {
    return (this.#log[partition]?.at(-1)?.offset ?? (this.#committed[partition] ?? 0) - 1) + 1;
  }

  #isCommitted(partition: number): boolean {
    return (this.#committed[partition] ?? 0) >= this.#end(partition);
  }

  // What makes trouble does so for a minute; then the stream must come to its end.
  #disturb(): void {
    if (this.time.nowMs > QUIET_AFTER_MS) return;
    const random = this.#random;
    if (random.chance(0.1)) this.#die();
    else if (random.chance(0.5)) this.#revoke(this.#assigned.filter(() => random.chance(0.6)));
  }

  #assign(partitions: readonly number[]): void {
    for (const number of partitions) {
      const partition = new AssignedPartition('in', number, this.#committed[number] ?? 0);
      this.#lives.set(partition, { start: partition.position, left: [], settled: new Set(), draining: false });
      this.#assigned.push(partition);
      this.#work.assign(partition);
      this.#fetchSoon(partition);
    }
    this.#pump();
  }

  #fetchSoon(partition: AssignedPartition): void {
    this.time.after(this.#random.between(1, 40), () => {
      const life = this.#lives.get(partition);
      // An answer that was under way when the partition began to go must do no harm.
      if (partition.revoked || (life?.draining && this.#random.chance(0.5))) return;
      if (!partition.paused) this.#fetch(partition);
      if (partition.position < this.#end(partition.partition)) this.#fetchSoon(partition);
    });
  }

  #fetch(partition: AssignedPartition): void {
    const records: InputRecord[] = [];
    let sizeBytes = 0;
    for (const { offset, key, value } of this.#log[partition.partition] ?? []) {
      if (offset < partition.position) continue;
      if (records.length > 0 && sizeBytes + value.length > FETCH_BYTES) break;
      const recordBytes = value.length + (key?.length ?? 0);
      records.push({ partition, offset, timestampMs: -1, key, value, headers: [], sizeBytes: recordBytes });
      sizeBytes += value.length;
      if (this.#random.chance(0.05)) break;
    }
    const last = records.at(-1);
    if (last === undefined) return;
    partition.position = last.offset + 1;
    this.#work.receive(partition, records, this.time.nowMs);
    partition.tracker.skippedTo(partition.position);
    this.#pump();
  }

  #pump(): void {
    const now = this.time.nowMs;
    if (this.#gateOpen) {
      for (let job = this.#work.start(now); job !== undefined; job = this.#work.start(now)) this.#call(job);
    }
    this.#work.applyPauses();
    if (this.#gateOpen && this.#work.nextDueMs !== Infinity) {
      const process = this.#process;
      this.time.after(Math.max(1, this.#work.nextDueMs - now), () => process === this.#process && this.#pump());
    }
  }

  #call(job: Job): void {
    this.#running++;
    const fresh = !this.#started.has(job);
    this.#started.add(job);
    // One that is larger than the limit passes alone.
    if (fresh && this.#work.open > 1) {
      assert.ok(this.#work.openBytes <= this.#limits.openBytes, 'a record was started beyond the limit of bytes');
    }
    assert.ok(!this.#life(job).draining, 'a record of a draining partition was started');
    const quiet = this.time.nowMs > QUIET_AFTER_MS;
    const random = this.#random;
    const delayMs = random.chance(0.03) && !quiet ? random.between(2_000, 30_000) : random.between(1, 60);
    const process = this.#process;
    this.time.after(delayMs, () => {
      if (process !== this.#process) return;
      this.#running--;
      this.#answer(job, quiet ? 0.99 : random.next());
      this.#pump();
    });
  }

  #answer(job: Job, luck: number): void {
    if (luck < 0.03) {
      this.#work.postpone(job);
      this.#shutGate();
    } else if (luck < 0.2 && job.attempts <= this.#retries) {
      this.#work.retry(job, this.time.nowMs + backoffMs(RETRY, job.attempts, this.#random.next()));
    } else {
      if (luck < 0.25) job.failure = FAILURE;
      else job.result = { body: Buffer.alloc(this.#random.between(0, 500)), contentType: 't', contentEncoding: '' };
      for (const released of this.#work.end(job)) this.#write(released);
    }
  }

  #shutGate(): void {
    if (!this.#gateOpen) return;
    this.#gateOpen = false;
    const process = this.#process;
    this.time.after(this.#random.between(100, 5_000), () => {
      if (process !== this.#process) return;
      this.#gateOpen = true;
      this.#pump();
    });
  }

  // Stored in the order of writing within an output partition; a refused result is written again as an error record.
  #write(job: Job): void {
    const life = this.#life(job);
    assert.ok(!job.work.partition.revoked, 'a record of a partition that is gone was written');
    this.#checkOrder(life, job);
    life.left.push(job);
    this.#store(job, this.#random.chance(0.03));
  }

  #store(job: Job, refused: boolean): void {
    const output = job.record.partition.partition;
    const freeAt = Math.max(this.#outputFreeAt[output] ?? 0, this.time.nowMs);
    const slow = this.#random.chance(0.01) && this.time.nowMs < QUIET_AFTER_MS;
    const storedAt = freeAt + (slow ? this.#random.between(1_000, 20_000) : this.#random.between(0, 5));
    this.#outputFreeAt[output] = storedAt;
    const process = this.#process;
    this.time.after(storedAt - this.time.nowMs, () => {
      if (refused && process === this.#process) return this.#store(job, false);
      // What was sent before the process died is stored; nobody hears of it.
      if (!refused) this.#count(job.record);
      if (process === this.#process && !refused) this.#settle(job);
    });
  }

  #count({ partition, offset }: InputRecord): void {
    const outcomes = this.#outcomes[partition.partition];
    outcomes?.set(offset, (outcomes.get(offset) ?? 0) + 1);
    this.finished++;
  }

  #settle(job: Job): void {
    const life = this.#life(job);
    assert.ok(!life.settled.has(job.record.offset), `offset ${job.record.offset} ended twice in one assignment`);
    life.settled.add(job.record.offset);
    this.#work.settle(job);
    this.#pump();
  }

  #commit(): void {
    for (const partition of this.#assigned) {
      const offset = partition.tracker.committable;
      const number = partition.partition;
      assert.ok(offset >= (this.#committed[number] ?? 0), `the committed offset of ${number} goes back`);
      for (const record of this.#log[number] ?? []) {
        if (record.offset >= offset) break;
        assert.ok(
          this.#outcomes[number]?.has(record.offset),
          `${number}/${record.offset} is lost: ${offset} committed`,
        );
      }
      this.#committed[number] = offset;
    }
  }

  #revoke(partitions: readonly AssignedPartition[]): void {
    const going = partitions.filter((partition) => !this.#lives.get(partition)?.draining);
    if (going.length === 0) return;
    for (const partition of going) this.#lifeOf(partition).draining = true;
    this.#work.drain(going);
    const until = this.time.nowMs + this.#random.between(0, 4_000);
    const process = this.#process;
    const look = () => {
      if (process !== this.#process) return;
      if (!this.#work.drained(going) && this.time.nowMs < until) return this.time.after(10, look);
      this.#commit();
      for (const partition of going) partition.revoked = true;
      this.#assigned = this.#assigned.filter((partition) => !going.includes(partition));
      this.#work.release(going);
      this.#assignLater(going.map(({ partition }) => partition));
      this.#pump();
    };
    look();
  }

  #assignLater(partitions: readonly number[]): void {
    const process = this.#process;
    this.time.after(this.#random.between(1, 500), () => process === this.#process && this.#assign(partitions));
  }

  // kill -9, and a start from what is committed.
  #die(): void {
    this.#process++;
    this.#work = new Work(this.#order, this.#limits);
    for (const partition of this.#lives.keys()) partition.revoked = true;
    this.#assigned = [];
    this.#gateOpen = true;
    this.#running = 0;
    this.#assignLater(this.#log.map((_, partition) => partition));
  }

  #life(job: Job): Life {
    return this.#lifeOf(job.work.partition);
  }

  #lifeOf(partition: AssignedPartition): Life {
    const life = this.#lives.get(partition);
    assert.ok(life, 'a partition that was never assigned');
    return life;
  }

  #checkOrder(life: Life, job: Job): void {
    if (this.#order === 'unordered') return;
    const { key, offset } = job.record;
    if (this.#order === 'key' && key === null) return;
    const earlier = life.left.findLast((other) => this.#order === 'partition' || sameKey(other.record.key, key));
    assert.ok((earlier?.record.offset ?? -1) < offset, `${offset} left after ${earlier?.record.offset ?? ''}`);
    const missing = (this.#log[job.record.partition.partition] ?? []).find(
      (record) =>
        record.offset > (earlier?.record.offset ?? -1) &&
        record.offset >= life.start &&
        record.offset < offset &&
        (this.#order === 'partition' || sameKey(record.key, key)),
    );
    assert.equal(missing?.offset, undefined, `${offset} left before its turn`);
  }

  #checkLimits(): void {
    const work = this.#work;
    assert.equal(work.atModels, this.#running);
    assert.ok(work.atModels <= this.#limits.workers, `${work.atModels} at the models`);
    assert.ok(work.open <= this.#limits.openRecords, `${work.open} open`);
    assert.ok(work.open >= 0 && work.openBytes >= 0 && work.waiting >= 0 && work.waitingBytes >= 0);
  }

  #checkEnd(): void {
    const { open, openBytes, waiting, waitingBytes, retrying, postponed } = this.#work;
    const nothing = { open: 0, openBytes: 0, waiting: 0, waitingBytes: 0, retrying: 0, postponed: 0 };
    assert.deepEqual(
      { open, openBytes, waiting, waitingBytes, retrying, postponed },
      nothing,
      'memory that is not let go',
    );
    for (const [number, records] of this.#log.entries()) {
      for (const { offset } of records) assert.ok(this.#outcomes[number]?.has(offset), `${number}/${offset} is lost`);
    }
  }
}

function sameKey(a: Buffer | null, b: Buffer | null): boolean {
  return a !== null && b !== null && a.equals(b);
}
