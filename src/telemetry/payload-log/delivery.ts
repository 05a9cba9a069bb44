import { backoffMs, type Backoff } from '../../base/backoff.ts';
import { sleep } from '../../base/clock.ts';
import { errorText } from '../../base/errors.ts';
import type { PayloadPassed } from '../../graph/channels.ts';
import { BoundedQueue, type DropReason, type QueueEntry, type QueueLimits } from './bounded-queue.ts';
import { loggedPayload, loggedSizeBytes, type LoggedPayload } from './logged-payload.ts';
import { DeliveryError, type Receiver } from './receiver.ts';
import { Unpacker } from './unpacker.ts';

export interface DeliveryOptions extends QueueLimits {
  /** Events being delivered at one time. */
  readonly concurrency: number;
  /** Attempts to deliver one event, the first included. */
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** Hears how events end, and of attempts that are made again. */
export interface DeliveryListener {
  sent(payload: LoggedPayload): void;
  dropped(reason: DropReason, receiver: string, why: string): void;
  retried(): void;
}

/** How long what was cut off at the end may take to say so. */
const CUT_OFF_MS = 500;

/** Brings events to one receiver, in the background: `take` never waits, and what there is no room for is dropped and told. */
export class Delivery {
  readonly #receiver: Receiver;
  readonly #options: DeliveryOptions;
  readonly #listener: DeliveryListener;
  readonly #queue: BoundedQueue<LoggedPayload>;
  readonly #unpacker = new Unpacker();
  readonly #stop = new AbortController();
  #running = 0;
  #scheduled = false;
  #closing = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(receiver: Receiver, options: DeliveryOptions, listener: DeliveryListener) {
    this.#receiver = receiver;
    this.#options = options;
    this.#listener = listener;
    this.#queue = new BoundedQueue(options);
  }

  /** Name of the receiver, for messages. */
  get receiver(): string {
    return this.#receiver.name;
  }

  /** Events that wait or are being delivered. */
  get events(): number {
    return this.#queue.events;
  }

  /** Bytes of those. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  /** Takes an event or drops it, at once. */
  take(passed: PayloadPassed): void {
    const sizeBytes = loggedSizeBytes(passed.payload.body);
    const refusal = this.#closing ? 'shutdown' : this.#queue.refusal(sizeBytes);
    if (refusal !== undefined) return this.#drop(refusal, WHY[refusal]);
    this.#queue.push(loggedPayload(passed, Date.now()), sizeBytes);
    if (this.#scheduled || this.#running >= this.#options.concurrency) return;
    this.#scheduled = true;
    // Not now: whoever told of the message has records to work on.
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Takes nothing more, delivers what it has within the limit, drops the rest. Never rejects. */
  async close(limitMs: number): Promise<void> {
    this.#closing = true;
    await this.#untilIdle(limitMs);
    this.#stop.abort();
    for (let entry = this.#queue.next(); entry !== undefined; entry = this.#queue.next()) {
      this.#queue.release(entry);
      this.#drop('shutdown', WHY.shutdown);
    }
    await this.#receiver.close();
    await this.#untilIdle(CUT_OFF_MS);
  }

  #pump(): void {
    while (this.#running < this.#options.concurrency) {
      const entry = this.#queue.next();
      if (entry === undefined) return;
      this.#running++;
      void this.#deliver(entry).finally(() => {
        this.#running--;
        this.#queue.release(entry);
        if (this.#queue.events === 0) this.#idle?.resolve();
        this.#pump();
      });
    }
  }

  async #deliver(entry: QueueEntry<LoggedPayload>): Promise<void> {
    let payload: LoggedPayload;
    try {
      payload = await this.#unpacker.unpack(entry.item);
    } catch (error) {
      return this.#drop('unreadable', `its gzip body cannot be unpacked: ${errorText(error)}`);
    }
    if (payload !== entry.item) {
      const refusal = this.#queue.resize(entry, loggedSizeBytes(payload.body));
      if (refusal !== undefined) return this.#drop(refusal, WHY[refusal]);
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#receiver.send(payload);
        return this.#listener.sent(payload);
      } catch (error) {
        const why = errorText(error);
        const passes = error instanceof DeliveryError && error.passes;
        if (this.#stop.signal.aborted) return this.#drop('shutdown', WHY.shutdown);
        if (!passes) return this.#drop('refused', why);
        if (attempt >= this.#options.attempts) return this.#drop('failed', why);
        this.#listener.retried();
        await sleep(backoffMs(this.#options.backoff, attempt, Math.random()), this.#stop.signal);
        if (this.#stop.signal.aborted) return this.#drop('shutdown', WHY.shutdown);
      }
    }
  }

  async #untilIdle(limitMs: number): Promise<void> {
    if (this.#queue.events === 0) return;
    this.#idle ??= Promise.withResolvers();
    const limit = new AbortController();
    await Promise.race([this.#idle.promise, sleep(limitMs, limit.signal)]);
    limit.abort();
  }

  #drop(reason: DropReason, why: string): void {
    this.#listener.dropped(reason, this.#receiver.name, why);
  }
}

const WHY: Readonly<Record<DropReason, string>> = {
  full: 'the queue is full: the receiver is slower than the stream, or away',
  'too-large': 'the message alone is larger than the queue',
  unreadable: 'the message cannot be unpacked',
  refused: 'the receiver refused it',
  failed: 'every attempt failed',
  shutdown: 'the process ended before it was delivered',
};
