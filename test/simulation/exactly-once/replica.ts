// A process of the stream in its made-up world: the real `Work`, `Outbox` and trackers, and a writer of transactions that does what
// `ExactlyOnce` does, step by step on a virtual clock. It can be killed, and frozen while the world goes on.
import assert from 'node:assert/strict';
import { backoffMs } from '../../../src/base/backoff.ts';
import { AssignedPartition } from '../../../src/kafka/offsets/assigned-partition.ts';
import { decodeFinishedAhead } from '../../../src/kafka/offsets/finished-ahead.ts';
import type { InputRecord } from '../../../src/kafka/record.ts';
import { Outbox, type Batch } from '../../../src/stream/delivery/outbox.ts';
import type { Failure } from '../../../src/stream/failure.ts';
import type { Job } from '../../../src/stream/work/job.ts';
import { Work } from '../../../src/stream/work/work.ts';
import type { OrderMode } from '../../../src/stream/work/work-limits.ts';
import type { Seeded } from '../seeded.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { MadeUpBroker, MadeUpTransaction } from './made-up-broker.ts';

const FAILURE: Failure = { code: 'MODEL_STATUS', message: 'no', node: 'm', status: '400', response: undefined };
const RETRY = { initialMs: 50, maxMs: 1_500 };
const INTERVAL_MS = 40;

export class Replica {
  readonly id: number;
  readonly work: Work;
  readonly outbox: Outbox;
  readonly #time: VirtualTime;
  readonly #random: Seeded;
  readonly #broker: MadeUpBroker;
  readonly #quiet: () => boolean;
  #assigned: AssignedPartition[] = [];
  /** As this process knows it. */
  generation = 0;
  #epoch: number;
  #dead = false;
  #frozenUntilMs = 0;

  constructor(
    id: number,
    time: VirtualTime,
    random: Seeded,
    broker: MadeUpBroker,
    order: OrderMode,
    quiet: () => boolean,
  ) {
    this.id = id;
    this.#time = time;
    this.#random = random;
    this.#broker = broker;
    this.#quiet = quiet;
    const limits = { openRecords: random.between(3, 80), openBytes: 1e9, waitingBytes: 1e9 };
    this.work = new Work(order, { workers: random.between(1, 16), ...limits });
    this.outbox = new Outbox({ records: random.between(1, 40), sizeBytes: random.between(1, 20_000) }, () => 'note');
    // A broker that keeps hardly anything with an offset: then many must wait for the lowest one.
    for (let halves = random.chance(0.5) ? random.between(5, 8) : 0; halves > 0; halves--) this.outbox.shorten();
    this.#epoch = broker.takeOver(id);
    this.#soon(() => this.#transact());
  }

  get partitions(): readonly number[] {
    return this.#assigned.map(({ partition }) => partition);
  }

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
    for (const partition of this.#assigned) partition.revoked = true;
  }

  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#time.nowMs + forMs;
  }

  /** What happens in this process; nothing in a dead one, and later in a frozen one. */
  after(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, () => {
      if (this.#dead) return;
      if (this.#time.nowMs < this.#frozenUntilMs) this.after(this.#frozenUntilMs - this.#time.nowMs, run);
      else run();
    });
  }

  /** @param wanted whether it is still meant for this process */
  assign(number: number, wanted: () => boolean): void {
    if (!wanted() || this.partitions.includes(number)) return;
    const place = this.#broker.stored(number);
    // The last owner's transaction is open: look again, as long as it is ours.
    if (place === undefined) return this.after(20, () => this.assign(number, wanted));
    const start = place.offset >= 0 ? place.offset : 0;
    const partition = new AssignedPartition('in', number, start, decodeFinishedAhead(start, place.metadata));
    partition.committed = place.offset;
    this.#assigned.push(partition);
    this.work.assign(partition);
    this.outbox.assign([partition]);
    this.#fetchSoon(partition);
  }

  /** Gives partitions up after finishing what is under way, within a bound. */
  revoke(numbers: readonly number[], gone: () => void): void {
    const going = this.#assigned.filter(({ partition }) => numbers.includes(partition));
    this.work.drain(going);
    const untilMs = this.#time.nowMs + this.#random.between(0, 3_000);
    const look = () => {
      if (!this.work.drained(going) && this.#time.nowMs < untilMs) return this.after(10, look);
      this.lose(numbers);
      gone();
    };
    look();
  }

  lose(numbers: readonly number[]): void {
    const going = this.#assigned.filter(({ partition }) => numbers.includes(partition));
    for (const partition of going) partition.revoked = true;
    this.#assigned = this.#assigned.filter((partition) => !going.includes(partition));
    this.work.release(going);
    this.outbox.release(going);
    this.#pump();
  }

  #soon(run: () => void): void {
    this.after(this.#random.between(1, INTERVAL_MS), run);
  }

  #fetchSoon(partition: AssignedPartition): void {
    this.#soon(() => {
      if (partition.revoked) return;
      const log = this.#broker.log[partition.partition] ?? [];
      const next = log.filter(({ offset }) => offset >= partition.position).slice(0, this.#random.between(1, 20));
      const records = next.map(({ offset, key }): InputRecord => ({
        partition,
        offset,
        timestampMs: -1,
        key,
        value: Buffer.alloc(1),
        headers: [],
        sizeBytes: 50,
      }));
      const last = next.at(-1);
      if (last === undefined) return;
      partition.position = last.offset + 1;
      this.work.receive(partition, records, this.#time.nowMs);
      partition.tracker.skippedTo(partition.position);
      this.#pump();
      this.#fetchSoon(partition);
    });
  }

  #pump(): void {
    const now = this.#time.nowMs;
    for (let job = this.work.start(now); job !== undefined; job = this.work.start(now)) this.#call(job);
    if (this.work.nextDueMs !== Infinity) this.after(Math.max(1, this.work.nextDueMs - now), () => this.#pump());
  }

  #call(job: Job): void {
    const random = this.#random;
    const slow = random.chance(0.05) && !this.#quiet();
    this.after(slow ? random.between(1_000, 20_000) : random.between(1, 60), () => {
      const luck = this.#quiet() ? 1 : random.next();
      if (luck < 0.2 && job.attempts < 5) {
        this.work.retry(job, this.#time.nowMs + backoffMs(RETRY, job.attempts, random.next()));
      } else {
        if (luck < 0.25) job.failure = FAILURE;
        else job.result = { body: Buffer.alloc(10), contentType: 't', contentEncoding: '' };
        for (const released of this.work.end(job)) {
          const settled = () => {
            this.work.settle(released);
            this.#pump();
          };
          this.outbox.add({ job: released, record: undefined, settled });
        }
      }
      this.#pump();
    });
  }

  // One transaction after the other, each step some time after the one before.
  #transact(): void {
    const { generation } = this;
    const batch = generation > 0 ? this.outbox.take() : undefined;
    if (batch === undefined) return this.#soon(() => this.#transact());
    const transaction = this.#broker.begin(this.id, this.#epoch);
    // The coordinator may be away for a while.
    const delayMs = this.#random.chance(0.05) && !this.#quiet() ? this.#random.between(100, 3_000) : 0;
    this.after(delayMs, () => {
      this.#ask(
        () => this.#broker.addOffsets(transaction, batch.offsets, generation),
        (added) => {
          if (added === 'fenced') this.#findOut(batch);
          // Or a step in between failed.
          else if (added === 'revoked' || this.#random.chance(0.15)) this.#abort(batch, transaction);
          else this.#commit(batch, transaction);
        },
      );
    });
  }

  #commit(batch: Batch, transaction: MadeUpTransaction): void {
    this.#ask(
      () => this.#broker.end(transaction, batch),
      (ended) => {
        // The answer may be lost on the way.
        if (ended === 'fenced' || this.#random.chance(0.1)) return this.#findOut(batch);
        this.outbox.committed(batch);
        this.#soon(() => this.#transact());
      },
    );
  }

  #abort(batch: Batch, transaction: MadeUpTransaction): void {
    this.#ask(
      () => this.#broker.abort(transaction),
      (ended) => {
        if (ended === 'fenced') return this.#findOut(batch);
        this.outbox.putBack(batch);
        this.#soon(() => this.#transact());
      },
    );
  }

  #findOut(batch: Batch): void {
    this.#ask(
      () => this.#broker.takeOver(this.id),
      (epoch) => {
        this.#epoch = epoch;
        this.#resolve(batch);
      },
    );
  }

  #resolve(batch: Batch): void {
    const numbers = batch.offsets
      .filter(({ partition }) => !partition.revoked)
      .map(({ partition }) => partition.partition);
    this.#ask(
      () => numbers.map((number) => [number, this.#broker.stored(number)] as const),
      (places) => {
        const stored = new Map(
          places.flatMap(([number, place]) => (place === undefined ? [] : [[number, place] as const])),
        );
        // Another's transaction on a partition that we believe ours: ask again.
        if (stored.size < numbers.length) return this.#resolve(batch);
        this.outbox.resolve(batch, stored);
        this.#soon(() => this.#transact());
      },
    );
  }

  // A request that is on its way arrives, whether or not its sender lives or runs when it is answered.
  #ask<T>(arrive: () => T, answered: (answer: T) => void): void {
    this.#time.after(this.#random.between(1, 15), () => {
      const answer = arrive();
      this.after(this.#random.between(1, 15), () => answered(answer));
    });
  }

  checkEnd(): void {
    const { open, openBytes, waiting, waitingBytes, retrying } = this.work;
    assert.deepEqual(
      { open, openBytes, waiting, waitingBytes, retrying },
      { open: 0, openBytes: 0, waiting: 0, waitingBytes: 0, retrying: 0 },
    );
    assert.equal(this.outbox.size, 0);
  }
}
