// One cell: a stream is started, a fault is played on it, all comes to rest, and the witness is heard.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../src/base/clock.ts';
import { errorText } from '../../src/base/errors.ts';
import { createTopic, uniqueTopic, withAdmin } from '../broker.ts';
import { Seeded } from '../simulation/seeded.ts';
import type { Arena } from './arena/arena.ts';
import { ChaosModel, WELL } from './arena/chaos-model.ts';
import { Load } from './arena/load.ts';
import { ReplicaSet } from './arena/replica-set.ts';
import { Watch, type WatchedTopics } from './arena/watch.ts';
import type { Cell } from './cell.ts';
import type { Evidence } from './checker/evidence.ts';
import { brokenPromises, judge, type Verdict } from './checker/verdict.ts';
import { SESSION_MS, type Stage } from './faults/fault.ts';
import { expectedOf } from './requests.ts';

export interface CellReport {
  readonly cell: Cell;
  readonly injected: readonly string[];
  readonly verdict: Verdict;
  /** Promises that were not kept, each with its records; none when all is well. */
  readonly broken: readonly { readonly what: string; readonly records: readonly string[] }[];
  readonly durationMs: number;
  /** Logs of the executors; there when something is broken, or when they shall be kept. */
  readonly folder: string;
}

export interface CellOptions {
  /** Where the cell may have a folder. */
  readonly folder: string;
  readonly keepLogs: boolean;
  readonly signal: AbortSignal;
  /** What is going on, for the person at the terminal. */
  tell(text: string): void;
}

const PARTITIONS = 4;
const BACKLOG = 400;
const PER_SECOND = 100;
const START_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 40_000;
const DRAIN_LIMIT_MS = 90_000;
const READ_LIMIT_MS = 20_000;

/** Plays the cell. Rejects when it is interrupted, or when the brokers themselves fail. */
export async function playCell(arena: Arena, cell: Cell, options: CellOptions): Promise<CellReport> {
  const begun = performance.now();
  const { fault, delivery, order } = cell;
  const { signal, tell } = options;
  const random = new Seeded(cell.seed);
  const name = uniqueTopic(`chaos-${fault.name}`);
  const folder = join(options.folder, name);
  await mkdir(folder);
  const model = await ChaosModel.start();
  const replicas = new ReplicaSet({
    folder,
    deployment: name,
    modelPort: model.port,
    links: arena.links,
    env: {
      KAFKA_INPUT_TOPIC: `${name}-in`,
      KAFKA_OUTPUT_TOPIC: `${name}-out`,
      KAFKA_ORDER: order,
      // So that all results of an input partition are in one output partition, where their order can be seen.
      KAFKA_PARTITIONER: order === 'partition' ? 'input' : 'murmur2',
      KAFKA_DELIVERY: delivery,
      // So long the transaction of a killed executor keeps readers of committed records waiting.
      ...(delivery === 'exactly-once' && { KAFKA_TRANSACTION_TIMEOUT_MS: '5000' }),
      KAFKA_WORKERS: '32',
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
      KAFKA_COMMIT_INTERVAL_MS: '200',
      KAFKA_RETRY_BACKOFF_MS: '50',
      ...fault.env,
    },
  });
  const topics = { group: replicas.group, input: `${name}-in`, output: `${name}-out`, errors: `${name}-out-errors` };
  const watch = new Watch(arena.witness, topics);
  const brokers = arena.cluster.brokers.map(({ address }) => address);
  const shape = { backlog: BACKLOG, perSecond: PER_SECOND, kinds: {}, ...fault.load };
  const load = new Load(brokers, topics.input, shape, new Seeded(cell.seed + 1));
  const injected: string[] = [];
  try {
    await createTopics(arena, topics, fault.topicBytes);
    await load.start();
    replicas.start(fault.replicas ?? 2);
    watch.start();
    tell('starts');
    const working = await until(() => watch.stored > 0 || arena.witness.ended, START_LIMIT_MS, signal);
    if (working) await fault.play(stageOf(arena, replicas, model, topics, random, signal, told));
    else replicas.complaints.push(`no result within ${START_LIMIT_MS / 1_000} s of the start`);
    // Whatever the fault was, all is in order now, and all that is there must be done.
    for (const link of arena.links) link.open();
    model.mood = WELL;
    await load.stop();
    await watch.stop();
    tell('comes to rest');
    const limitMs = working ? DRAIN_LIMIT_MS : 0;
    await until(async () => (await looked(watch)) && watch.committed >= watch.inputs, limitMs, signal);
    await replicas.stop();
    await watch.look();
    tell('is judged');
    const verdict = judge(await hear(arena, topics, watch), {
      delivery,
      order,
      expect: (input) => expectedOf(input, fault.mayFail ?? [], fault.topicBytes !== undefined),
    });
    const broken = brokenPromises(verdict, delivery);
    if (replicas.complaints.length > 0) broken.push({ what: 'executors', records: replicas.complaints });
    if (broken.length === 0 && !options.keepLogs) await rm(folder, { recursive: true, force: true });
    return { cell, injected, verdict, broken, durationMs: performance.now() - begun, folder };
  } finally {
    for (const link of arena.links) link.open();
    await Promise.allSettled([load.stop(), watch.stop(), replicas.kill(), model.down()]);
    const { input, output, errors } = topics;
    await withAdmin(brokers[0] ?? '', (admin) => admin.deleteTopics({ topics: [input, output, errors] })).catch(
      () => 0,
    );
  }

  function told(what: string): void {
    injected.push(what);
    tell(what);
  }
}

async function createTopics(
  { cluster }: Arena,
  topics: WatchedTopics,
  bytes: { readonly output: number; readonly errors: number } | undefined,
): Promise<void> {
  const address = cluster.brokers[0]?.address ?? '';
  // The brokers' time of writing, for the longest stall.
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  const replicas = cluster.brokers.length;
  const limited = (limit: number | undefined) =>
    limit === undefined ? config : { ...config, 'max.message.bytes': String(limit) };
  await createTopic(address, topics.input, PARTITIONS, config, replicas);
  await createTopic(address, topics.output, PARTITIONS, limited(bytes?.output), replicas);
  await createTopic(address, topics.errors, PARTITIONS, limited(bytes?.errors), replicas);
}

function stageOf(
  { cluster, links }: Arena,
  replicas: ReplicaSet,
  model: ChaosModel,
  topics: WatchedTopics,
  random: Seeded,
  signal: AbortSignal,
  inject: (what: string) => void,
): Stage {
  const address = cluster.brokers[0]?.address ?? '';
  return {
    random,
    replicas,
    cluster,
    links,
    model,
    inject,
    async pass(minMs, maxMs) {
      await sleep(random.between(minMs, maxMs), signal);
      signal.throwIfAborted();
    },
    async ready() {
      if (!(await until(() => replicas.ready(), READY_LIMIT_MS, signal))) {
        replicas.complaints.push(`not all were ready within ${READY_LIMIT_MS / 1_000} s`);
      }
    },
    async leaderOf(topic, partition) {
      return withAdmin(address, async (admin) => {
        const metadata = await admin.metadata({ topics: [topics[topic]], forceUpdate: true });
        return metadata.topics.get(topics[topic])?.partitions[partition]?.leader ?? 1;
      });
    },
    async coordinator() {
      return withAdmin(address, async (admin) => {
        const found = await admin.findCoordinator({ keyType: 0, keys: [topics.group] });
        return found[0]?.nodeId ?? 1;
      });
    },
  };
}

async function hear({ witness }: Arena, topics: WatchedTopics, watch: Watch): Promise<Evidence> {
  const inputs = await witness.read(topics.input, READ_LIMIT_MS);
  const results = await witness.read(topics.output, READ_LIMIT_MS);
  const errors = await witness.read(topics.errors, READ_LIMIT_MS);
  return {
    inputs: inputs.records,
    results: results.records,
    errors: errors.records,
    samples: watch.samples,
    hanging: [...results.hanging, ...errors.hanging],
  };
}

async function looked(watch: Watch): Promise<boolean> {
  return watch.look().then(
    () => true,
    () => false,
  );
}

/** Whether it became true within the limit. Rejects when the signal aborts. */
async function until(test: () => boolean | Promise<boolean>, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > deadline) return false;
    await sleep(200, signal);
    signal.throwIfAborted();
  }
  return true;
}

/** One line for what went wrong in the run itself. */
export function brokenCell(cell: Cell, error: unknown): string {
  return `${cell.fault.name}, ${cell.delivery}, ${cell.order}, seed ${cell.seed}: ${errorText(error)}`;
}
