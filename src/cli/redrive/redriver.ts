import { sleep, systemClock } from '../../base/clock.ts';
import { countText, plural, rateText } from '../amounts.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import { Pace } from '../produce/pace.ts';
import type { Progress } from '../progress.ts';
import type { PartitionProgress } from './partition-progress.ts';
import { RecordFeed } from './record-feed.ts';
import type { RecordJudge, Verdict } from './record-judge.ts';
import { RedriveBatch, type BatchEntry, type Place } from './redrive-batch.ts';
import type { RedrivePlan } from './redrive-plan.ts';
import type { Refusal } from './redrive-sink.ts';
import { Tally } from './report/tally.ts';

/** How a run is to be done. */
export interface RedriveRun {
  readonly plan: RedrivePlan;
  readonly judge: RecordJudge;
  /** Stores a batch with the progress after it; a dry run stores nothing. Returns the records that Kafka will never take. */
  write(batch: RedriveBatch, progress: ReadonlyMap<number, PartitionProgress>): Promise<readonly Refusal[]>;
  /** Is given each batch that was stored. */
  written?(entries: readonly BatchEntry[]): void;
  /** Most records sent; may be Infinity. */
  readonly max: number;
  /** Records a second; 0 is no limit. */
  readonly rate: number;
  /** Told of each record that cannot be redriven. */
  cannot(place: Place, why: string): void;
  say(line: string): void;
}

const LOOK_MS = 100;

/** Goes through the error topic once: judges each record, gathers what is to be sent, and has it written batch by batch. */
export class Redriver {
  /** What has been stored. */
  readonly tally = new Tally();
  readonly #session: KafkaSession;
  readonly #run: RedriveRun;
  readonly #progressBar: Progress;
  readonly #stop: AbortSignal;
  readonly #pace: Pace;
  readonly #progress: Map<number, PartitionProgress>;
  readonly #begunMs = performance.now();
  #batch = new RedriveBatch(performance.now());

  constructor(session: KafkaSession, run: RedriveRun, progressBar: Progress, stop: AbortSignal) {
    this.#session = session;
    this.#run = run;
    this.#progressBar = progressBar;
    this.#stop = stop;
    this.#pace = new Pace(run.rate, systemClock);
    this.#progress = new Map(run.plan.progress);
  }

  /** Records in the batch that is being written: after an error of ending `unknown` nobody knows of them. */
  get pending(): number {
    return this.#batch.entries.length;
  }

  /**
   * Ends when all is read, at the most records, or soon after `stop`; what is gathered but not being written is then dropped.
   *
   * @throws KafkaError, MillraceError
   */
  async run(): Promise<void> {
    const { plan, say } = this.#run;
    const feed = new RecordFeed(this.#session.cluster, plan.topic, plan.ranges, (partition, from, to) =>
      say(`partition ${partition}: ${plural(Math.max(0, to - from), 'record')} from ${from} on were deleted meanwhile`),
    );
    const ticker = setInterval(() => this.#show(), LOOK_MS);
    try {
      await this.#follow(feed);
    } finally {
      clearInterval(ticker);
      void feed.close();
    }
  }

  async #follow(feed: RecordFeed): Promise<void> {
    while (!this.#stop.aborted) {
      const records = await feed.next(LOOK_MS);
      if (records === 'end') return this.#finish();
      if (records === 'later') {
        if (feed.silentMs > this.#session.timeoutMs) throw this.#session.silence();
        if (this.#batch.isDue(performance.now())) await this.#write();
        continue;
      }
      for (const record of records) {
        const verdict = await this.#run.judge.judge(record);
        if (verdict.kind === 'send') await this.#wait();
        if (this.#stop.aborted) return;
        this.#batch.add(record, verdict);
        this.#tell({ partition: record.partition.partition, offset: record.offset }, verdict);
        const full = this.tally.redriven + this.pending >= this.#run.max;
        if (full || this.#batch.isDue(performance.now())) await this.#write();
        // A refused record leaves room for another one.
        if (this.tally.redriven >= this.#run.max) return;
      }
    }
  }

  // The last offsets of a partition can hold no records (markers of transactions): they are dealt with, too. Where nothing is new
  // the offset is committed again all the same, for brokers forget offsets that have not been committed for a while.
  async #finish(): Promise<void> {
    for (const { partition, end } of this.#run.plan.ranges) if (end > 0) this.#batch.positions.set(partition, end);
    await this.#write(true);
  }

  // Its turn comes by the rate; meanwhile a batch that grows old is not kept back.
  async #wait(): Promise<void> {
    const waitMs = this.#pace.next();
    if (waitMs === 0) return;
    const dueMs = performance.now() + waitMs;
    if (this.#batch.isDue(dueMs)) await this.#write();
    await sleep(dueMs - performance.now(), this.#stop);
  }

  async #write(unchanged = false): Promise<void> {
    const batch = this.#batch;
    const { filter } = this.#run.plan;
    const changed = new Map<number, PartitionProgress>();
    for (const [partition, position] of batch.positions) {
      const before = this.#progress.get(partition);
      if (before !== undefined && (unchanged || position > before.startOf(filter))) {
        changed.set(partition, before.advanced(filter, position));
      }
    }
    if (changed.size > 0) {
      const refusals = await this.#run.write(batch, changed);
      for (const { entry, why } of refusals) {
        batch.tally.refuse(entry.error);
        this.#run.cannot(entry.place, why);
      }
      for (const [partition, progress] of changed) this.#progress.set(partition, progress);
      this.#run.written?.(batch.entries);
    }
    this.tally.add(batch.tally);
    this.#batch = new RedriveBatch(performance.now());
  }

  #tell(place: Place, verdict: Verdict): void {
    if (verdict.kind === 'cannot') this.#run.cannot(place, verdict.why);
  }

  #show(): void {
    const { plan, max } = this.#run;
    const { filter, ranges } = plan;
    const whole = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const done = ranges.reduce((sum, { partition, start }) => {
      return (
        sum + (this.#batch.positions.get(partition) ?? this.#progress.get(partition)?.startOf(filter) ?? start) - start
      );
    }, 0);
    const { redriven } = this.tally;
    const rate = rateText(redriven, performance.now() - this.#begunMs);
    const fraction = Math.max(whole === 0 ? 1 : done / whole, max === Infinity ? 0 : redriven / max);
    this.#progressBar.update(fraction, `${countText(redriven)} redriven  ${rate}`);
  }
}
