import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { createTopic, uniqueTopic } from '../broker.ts';
import { startModels } from '../fuzz/run/model-process.ts';
import { TopicTail } from '../fuzz/run/topic-tail.ts';
import { ProbeSocket } from '../probe/probed-process.ts';
import { MillraceProcess } from '../stream/millrace-process.ts';
import { OutcomeCount } from './outcome-count.ts';
import type { SoakSample } from './series.ts';
import type { SoakOptions } from './soak-options.ts';
import { poisonedAmong, soakRecord } from './soak-records.ts';

const PARTITIONS = 4;
const BATCH_RECORDS = 1_000;
/** Records in the stream at one time. */
const MAX_WAITING = 20_000;
const STALL_LIMIT_MS = 60_000;
/** On a busy machine a broker can be late. */
const REQUEST_TIMEOUT_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

const DELIVERY = { 'at-least-once': {}, 'exactly-once': { KAFKA_DELIVERY: 'exactly-once' } } as const;

export interface SoakResult {
  readonly sent: number;
  readonly seconds: number;
  readonly samples: readonly SoakSample[];
  readonly results: number;
  readonly errors: number;
  /** Everything that is wrong but growth, one sentence each. */
  readonly troubles: readonly string[];
}

/** Streams records through an executor of its own and measures it on the way; `tell` hears of each sample. */
export async function soakStream(
  bootstrap: string,
  options: SoakOptions,
  tell: (sample: SoakSample) => void,
): Promise<SoakResult> {
  const input = uniqueTopic('soak');
  const output = `${input}-out`;
  for (const topic of [input, output, `${output}-errors`]) await createTopic(bootstrap, topic, PARTITIONS);
  const model = await startModels(new URL('./soak-model.ts', import.meta.url), options.transport);
  const probe = new ProbeSocket();
  const count = new OutcomeCount(input, output, PARTITIONS, Math.ceil(options.records / PARTITIONS) + BATCH_RECORDS);
  const tail = new TopicTail(bootstrap, [output, `${output}-errors`], (record) => count.take(record));
  const producer = new Producer({
    clientId: 'millrace-soak',
    bootstrapBrokers: [bootstrap],
    autocreateTopics: false,
    // A request that is repeated must not store its records twice.
    idempotent: true,
    timeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  });
  const run = new Soak(options, count, tail, probe, tell);
  try {
    const millrace = await MillraceProcess.start({
      bootstrap,
      input,
      output,
      protocol: 'tensorflow',
      transport: options.transport,
      modelPort: model.ports['answer'] ?? 0,
      limitMs: DAY_MS,
      processEnv: probe.env,
      // A machine that is too busy for heartbeats must not look like a fault.
      env: { ...DELIVERY[options.delivery], KAFKA_SESSION_TIMEOUT_MS: '60000', KAFKA_RETRY_BACKOFF_MS: '20' },
    });
    try {
      return await run.run(millrace, (from, to) =>
        producer.send({
          messages: Array.from({ length: to - from }, (_, at) =>
            soakRecord(input, PARTITIONS, options.transport, from + at),
          ),
          acks: -1,
        }),
      );
    } finally {
      await millrace.end('SIGKILL');
    }
  } finally {
    await tail.stop();
    await producer.close();
    model.stop();
    probe.remove();
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #count: OutcomeCount;
  readonly #tail: TopicTail;
  readonly #probe: ProbeSocket;
  readonly #tell: (sample: SoakSample) => void;
  readonly #samples: SoakSample[] = [];
  #begun = 0;
  #sent = 0;
  #failure: Error | undefined;
  #isOver = false;

  constructor(
    options: SoakOptions,
    count: OutcomeCount,
    tail: TopicTail,
    probe: ProbeSocket,
    tell: (sample: SoakSample) => void,
  ) {
    this.#options = options;
    this.#count = count;
    this.#tail = tail;
    this.#probe = probe;
    this.#tell = tell;
  }

  async run(millrace: MillraceProcess, send: (from: number, to: number) => Promise<unknown>): Promise<SoakResult> {
    const { records, seconds } = this.#options;
    const troubles: string[] = [];
    void millrace.exited.then((code) => this.#fail(`it ended with ${String(code)}`));
    this.#tail.run().catch((error: unknown) => this.#fail(`its topics cannot be read: ${String(error)}`));
    this.#begun = performance.now();
    const sampling = this.#sample();
    try {
      while (this.#sent < records && this.#elapsed() < seconds) {
        const to = Math.min(records, this.#sent + BATCH_RECORDS);
        await send(this.#sent, to);
        this.#sent = to;
        await this.#untilWaiting(MAX_WAITING);
      }
      await this.#untilWaiting(0);
    } catch (error) {
      troubles.push(String(error), ...millrace.log.split('\n').slice(-10));
    }
    const took = this.#elapsed();
    this.#isOver = true;
    await sampling;
    if (this.#failure === undefined) {
      const code = await millrace.end('SIGTERM');
      if (code !== 0) troubles.push(`it ended with ${String(code)} after SIGTERM`);
    }
    const { results, errors } = this.#count;
    return {
      sent: this.#sent,
      seconds: took,
      samples: this.#samples,
      results,
      errors,
      troubles: [...troubles, ...this.#wrong()],
    };
  }

  #wrong(): string[] {
    const { settled, twice, foreign, errors } = this.#count;
    const wrong: string[] = [];
    if (settled !== this.#sent) wrong.push(`${this.#sent - settled} records are lost`);
    if (twice > 0) wrong.push(`${twice} records came out twice`);
    if (foreign > 0) wrong.push(`${foreign} records came out of nothing`);
    const poisoned = poisonedAmong(this.#sent);
    if (errors !== poisoned) wrong.push(`${errors} error records, where ${poisoned} cannot be used`);
    return wrong;
  }

  async #sample(): Promise<void> {
    while (!this.#isOver && this.#failure === undefined) {
      await sleep(this.#options.sampleSeconds * 1_000);
      if (this.#isOver) return;
      try {
        const held = await this.#probe.sample();
        const sample = { ...held, seconds: this.#elapsed(), records: this.#count.settled };
        this.#samples.push(sample);
        this.#tell(sample);
      } catch (error) {
        this.#fail(`it cannot be measured: ${String(error)}`);
      }
    }
  }

  async #untilWaiting(atMost: number): Promise<void> {
    let settled = this.#count.settled;
    let since = performance.now();
    while (this.#sent - this.#count.settled > atMost) {
      if (this.#failure !== undefined) throw this.#failure;
      await sleep(20);
      if (this.#count.settled > settled) {
        settled = this.#count.settled;
        since = performance.now();
      } else if (performance.now() - since > STALL_LIMIT_MS) {
        throw new Error(`nothing comes out for ${STALL_LIMIT_MS} ms, with ${this.#sent - settled} records in it`);
      }
    }
  }

  #fail(what: string): void {
    if (!this.#isOver) this.#failure ??= new Error(what);
  }

  #elapsed(): number {
    return (performance.now() - this.#begun) / 1_000;
  }
}
