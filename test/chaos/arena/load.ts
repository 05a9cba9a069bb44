// Puts requests into the input topic for as long as a cell lasts, past all proxies.
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import type { Seeded } from '../../simulation/seeded.ts';
import { makeRequest, type LoadRecord, type RequestKind } from '../requests.ts';

export interface LoadShape {
  /** There before the first executor is. */
  readonly backlog: number;
  readonly perSecond: number;
  /** What share of the requests is of another kind than `plain`. */
  readonly kinds: Readonly<Partial<Record<RequestKind, number>>>;
}

const TICK_MS = 250;
// What the brokers may take to store what was begun, once a cell ends: one of them may have come back a moment ago.
const LAST_WRITE_LIMIT_MS = 120_000;

export class Load {
  readonly #brokers: readonly string[];
  readonly #topic: string;
  readonly #shape: LoadShape;
  readonly #random: Seeded;
  readonly #stop = new AbortController();
  #producer: Producer | undefined;
  #made = 0;
  #running: Promise<void> = Promise.resolve();
  #giveUpAt = Infinity;

  constructor(brokers: readonly string[], topic: string, shape: LoadShape, random: Seeded) {
    this.#brokers = brokers;
    this.#topic = topic;
    this.#shape = shape;
    this.#random = random;
  }

  /** Writes the backlog, then goes on in the background until `stop`. */
  async start(): Promise<void> {
    await this.#write(this.#shape.backlog);
    this.#running = this.#run();
  }

  /** Ends when what it has begun to write is stored; rejects when the brokers do not take it in two minutes. */
  async stop(): Promise<void> {
    this.#giveUpAt = Math.min(this.#giveUpAt, performance.now() + LAST_WRITE_LIMIT_MS);
    this.#stop.abort();
    await this.#running;
    await this.#producer?.close().catch(() => undefined);
  }

  async #run(): Promise<void> {
    for (let owed = 0; !this.#stop.signal.aborted;) {
      await sleep(TICK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      owed += (this.#shape.perSecond * TICK_MS) / 1_000;
      await this.#write(Math.floor(owed));
      owed %= 1;
    }
  }

  // A batch whose answer is lost is written again: the checker takes every record of the topic for an input of its own.
  async #write(count: number): Promise<void> {
    if (count === 0) return;
    const records = Array.from({ length: count }, () => makeRequest(this.#random, this.#made++, this.#kind()));
    for (;;) {
      try {
        this.#producer ??= new Producer({
          clientId: 'chaos-load',
          bootstrapBrokers: [...this.#brokers],
          autocreateTopics: false,
          retries: 3,
          retryDelay: 200,
          requestTimeout: 15_000,
          connectTimeout: 2_000,
        });
        await this.#producer.send({ messages: records.map((record) => this.#message(record)), acks: -1 });
        return;
      } catch (error) {
        await this.#producer?.close().catch(() => undefined);
        this.#producer = undefined;
        if (performance.now() > this.#giveUpAt) throw error;
        await sleep(TICK_MS);
      }
    }
  }

  #message({ key, value, headers }: LoadRecord) {
    return {
      topic: this.#topic,
      ...(key !== null && { key }),
      ...(value !== null && { value }),
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    };
  }

  #kind(): RequestKind {
    let dice = this.#random.next();
    for (const [kind, share] of Object.entries(this.#shape.kinds) as [RequestKind, number][]) {
      if (dice < share) return kind;
      dice -= share;
    }
    return 'plain';
  }
}
