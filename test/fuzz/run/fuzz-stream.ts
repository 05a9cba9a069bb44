import { setTimeout as sleep } from 'node:timers/promises';
import { createTopic, uniqueTopic } from '../../broker.ts';
import type { ProcessSample } from '../../probe/process-probe.ts';
import { ProbeSocket } from '../../probe/probed-process.ts';
import { MillraceProcess } from '../../stream/millrace-process.ts';
import { expectedResult } from '../check/expected-result.ts';
import { Ledger, type Finding } from '../check/ledger.ts';
import { nameOf } from '../combination.ts';
import { graphText } from '../graphs.ts';
import type { FuzzRecord } from '../mutations/record.ts';
import { HealthWatch } from './health-watch.ts';
import { startModels, type ModelProcess } from './model-process.ts';
import { RecordFeed } from './record-feed.ts';
import type { ModelKind, StreamPlan } from './stream-plan.ts';
import { TopicTail } from './topic-tail.ts';

const PARTITIONS = 3;
const MEGABYTE = 1024 * 1024;
const BATCH_RECORDS = 200;
/** Records that may be in the stream at one time: as many as must be suspected when it ends badly. */
const MAX_WAITING = 2_000;
const READY_LIMIT_MS = 180_000;
/** So long nothing may come out while something is awaited. The slowest record takes four attempts of a second, in each of several nodes. */
const STALL_LIMIT_MS = 180_000;
/** Fewer records say nothing about what is kept. */
const MEASURED_RECORDS = 10_000;
/** Sockets to idle models close in this time. */
const QUIET_MS = 5_000;

export interface StreamResult {
  readonly plan: StreamPlan;
  readonly records: number;
  readonly seconds: number;
  /** Records by what became of them: `result`, or the code of the error record. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Good records that failed by the fault of others. */
  readonly excused: readonly FuzzRecord[];
  /** What is wrong with single records. */
  readonly findings: readonly Finding[];
  /** What is wrong with the process. */
  readonly troubles: readonly string[];
  /** After the first part of the records and after all; undefined where the process ended before. */
  readonly before: ProcessSample | undefined;
  readonly after: ProcessSample | undefined;
}

/** Sends the records of a plan through an executor of its own; `tell` hears how many have come out. */
export async function fuzzStream(
  bootstrap: string,
  plan: StreamPlan,
  tell: (records: number) => void = () => undefined,
): Promise<StreamResult> {
  const input = uniqueTopic(`fuzz-${nameOf(plan.combination)}`);
  const output = `${input}-out`;
  // Three sizes: what is read can be too large for where it should go.
  await createTopic(bootstrap, input, PARTITIONS, { 'max.message.bytes': String(16 * MEGABYTE) });
  await createTopic(bootstrap, output, PARTITIONS, { 'max.message.bytes': String(2 * MEGABYTE) });
  await createTopic(bootstrap, `${output}-errors`, PARTITIONS, { 'max.message.bytes': String(MEGABYTE) });
  const models = await modelsOf(plan);
  const probe = new ProbeSocket();
  try {
    return await new FuzzedStream(bootstrap, plan, { input, output }, probe, models).run(tell);
  } finally {
    models.stop();
    probe.remove();
  }
}

async function modelsOf({ combination, models, seed, hostility }: StreamPlan): Promise<ModelProcess> {
  const { protocol, transport } = combination;
  if (models === 'embedded') return startModels(modelProgram(models), protocol, transport);
  return startModels(modelProgram(models), protocol, transport, String(seed), String(hostility));
}

function modelProgram(models: ModelKind): URL {
  return new URL(`../models/${models}-models.ts`, import.meta.url);
}

class FuzzedStream {
  readonly #bootstrap: string;
  readonly #plan: StreamPlan;
  readonly #topics: { readonly input: string; readonly output: string };
  readonly #probe: ProbeSocket;
  readonly #models: ModelProcess;
  readonly #ledger: Ledger;
  #exited: string | undefined;
  #tailError: unknown;
  #tell: (records: number) => void = () => undefined;

  constructor(
    bootstrap: string,
    plan: StreamPlan,
    topics: { readonly input: string; readonly output: string },
    probe: ProbeSocket,
    models: ModelProcess,
  ) {
    this.#bootstrap = bootstrap;
    this.#plan = plan;
    this.#topics = topics;
    this.#probe = probe;
    this.#models = models;
    const { combination, seed, hostility, graph, models: kind, batch } = plan;
    // Of a batch the model is asked something else.
    const isPlain = graph === 'single' && kind === 'hostile' && batch === 1;
    this.#ledger = new Ledger({
      inputTopic: topics.input,
      outputTopic: topics.output,
      isGrpc: combination.transport === 'grpc',
      expected: (record) => (isPlain ? expectedResult(combination, seed, hostility, record) : undefined),
    });
  }

  async run(tell: (records: number) => void): Promise<StreamResult> {
    this.#tell = tell;
    const begun = performance.now();
    const { output } = this.#topics;
    const millrace = await this.#start();
    const tail = new TopicTail(this.#bootstrap, [output, `${output}-errors`], (record) => this.#ledger.take(record));
    tail.run().catch((error: unknown) => (this.#tailError = error));
    const feed = new RecordFeed(this.#bootstrap, this.#topics.input, PARTITIONS);
    const samples: ProcessSample[] = [];
    const troubles: string[] = [];
    let seconds = 0;
    try {
      await this.#untilReady(millrace);
      const health = new HealthWatch(millrace);
      try {
        const { records } = this.#plan;
        const isLong = records >= MEASURED_RECORDS;
        // The first part warms up what is kept: pools, caches, compiled code.
        const first = isLong ? Math.floor(records / 3) : records;
        await this.#feed(feed, 0, first);
        if (isLong) samples.push(await this.#measure());
        await this.#feed(feed, first, records);
        seconds = (performance.now() - begun) / 1000;
        if (isLong) samples.push(await this.#measure());
      } finally {
        await health.stop();
        troubles.push(...health.troubles);
      }
      const code = await millrace.end('SIGTERM');
      if (code !== 0) troubles.push(`it ended with ${String(code)} after SIGTERM`);
    } catch (error) {
      troubles.push(String(error), ...tailOf(millrace.log));
      await millrace.end('SIGKILL');
    } finally {
      await tail.stop();
      await feed.close();
    }
    this.#ledger.close();
    const { outcomes, excused, findings, settled } = this.#ledger;
    const [before, after] = samples;
    return { plan: this.#plan, records: settled, seconds, outcomes, excused, findings, troubles, before, after };
  }

  async #start(): Promise<MillraceProcess> {
    const { combination, graph, batch, delivery } = this.#plan;
    const { ports } = this.#models;
    const portOf = (node: string) => ports[node] ?? ports[node === 'router' ? 'route' : 'answer'] ?? 0;
    const millrace = await MillraceProcess.start({
      bootstrap: this.#bootstrap,
      ...this.#topics,
      ...combination,
      graph: graphText(graph, portOf),
      limitMs: 24 * 3_600_000,
      processEnv: this.#probe.env,
      env: {
        // A machine that is too busy for heartbeats must not look like a fault.
        KAFKA_SESSION_TIMEOUT_MS: '60000',
        KAFKA_BATCH_SIZE: String(batch),
        KAFKA_DELIVERY: delivery,
        KAFKA_RETRIES: '3',
        KAFKA_RETRY_BACKOFF_MS: '5',
        KAFKA_MODEL_TIMEOUT_MS: '1000',
        SERVER_MAX_MESSAGE_BYTES: String(4 * MEGABYTE),
        // Of a single model it would change the answer, which is compared byte for byte.
        ...(graph === 'graph' && { SELDON_ENABLE_ROUTING_INJECTION: '1' }),
      },
    });
    void millrace.exited.then((code) => (this.#exited = String(code)));
    return millrace;
  }

  async #untilReady(millrace: MillraceProcess): Promise<void> {
    for (const deadline = performance.now() + READY_LIMIT_MS; performance.now() < deadline; await sleep(50)) {
      this.#checkAlive();
      if ((await millrace.probe('/ready')) === 200) return;
    }
    throw new Error(`it is not ready after ${READY_LIMIT_MS} ms`);
  }

  /** Sends records `from` up to `to`, and waits until all of them have come out. */
  async #feed(feed: RecordFeed, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += BATCH_RECORDS) {
      const length = Math.min(BATCH_RECORDS, to - at);
      const records = Array.from({ length }, (_, index) => this.#plan.recordOf(at + index));
      await this.#untilWaiting(MAX_WAITING - length);
      this.#ledger.put(await feed.send(records));
      this.#tell(this.#ledger.settled);
    }
    await this.#untilWaiting(0);
  }

  async #untilWaiting(atMost: number): Promise<void> {
    let settled = this.#ledger.settled;
    let since = performance.now();
    while (this.#ledger.waitingCount > atMost) {
      this.#checkAlive();
      await sleep(10);
      if (this.#ledger.settled > settled) {
        settled = this.#ledger.settled;
        since = performance.now();
      } else if (performance.now() - since > STALL_LIMIT_MS) {
        throw new Error(`nothing comes out for ${STALL_LIMIT_MS} ms, with ${this.#ledger.waitingCount} records in it`);
      }
    }
  }

  #checkAlive(): void {
    if (this.#exited !== undefined) throw new Error(`it ended with ${this.#exited}`);
    if (this.#tailError !== undefined) throw new Error('its topics cannot be read', { cause: this.#tailError });
  }

  async #measure(): Promise<ProcessSample> {
    await sleep(QUIET_MS);
    return this.#probe.sample();
  }
}

function tailOf(log: string): string[] {
  return log.split('\n').slice(-15);
}
