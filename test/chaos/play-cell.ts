// One cell: a stream is started, a fault is played on it, all comes to rest, and the witness is heard.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../src/base/clock.ts';
import { errorText } from '../../src/base/errors.ts';
import { uniqueTopic } from '../broker.ts';
import { Seeded } from '../simulation/seeded.ts';
import type { Arena } from './arena/arena.ts';
import { ChaosModel, WELL } from './arena/chaos-model.ts';
import { Load } from './arena/load.ts';
import { ReplicaSet } from './arena/replica-set.ts';
import { Watch, type WatchedTopics } from './arena/watch.ts';
import { createTopics, deleteTopics } from './cell-topics.ts';
import type { Cell } from './cell.ts';
import type { Evidence } from '../checker/evidence.ts';
import { brokenPromises, judge, type Verdict } from '../checker/verdict.ts';
import type { ReadTopic, Witness } from '../checker/witness.ts';
import { expectedOf } from './requests.ts';
import { settingsOf, type Settings } from './settings.ts';
import { stageOf } from './stage.ts';
import { until } from './until.ts';

export interface CellReport {
  readonly cell: Cell;
  readonly settings: Settings;
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

/** Requests that are there before the first executor is. */
export const BACKLOG = 400;
const PER_SECOND = 100;
// What a stream that works never takes, on a busy machine neither.
const START_LIMIT_MS = 180_000;
const DRAIN_LIMIT_MS = 180_000;
const READ_LIMIT_MS = 60_000;

/** Plays the cell. Rejects when it is interrupted, or when the brokers themselves fail. */
export async function playCell(arena: Arena, cell: Cell, options: CellOptions): Promise<CellReport> {
  const begun = performance.now();
  const { fault, delivery, order } = cell;
  const { signal, tell } = options;
  const random = new Seeded(cell.seed);
  const name = uniqueTopic(`chaos-${fault.name}`);
  const folder = join(options.folder, name);
  await mkdir(folder);
  const settings = settingsOf(cell, new Seeded(cell.seed + 2));
  const model = await ChaosModel.start();
  const replicas = new ReplicaSet({
    folder,
    deployment: name,
    modelPort: model.port,
    links: arena.links,
    named: settings.named,
    env: { KAFKA_INPUT_TOPIC: `${name}-in`, KAFKA_OUTPUT_TOPIC: `${name}-out`, ...settings.env },
  });
  const topics = { group: replicas.group, input: `${name}-in`, output: `${name}-out`, errors: `${name}-out-errors` };
  const watch = new Watch(arena.witness, topics);
  const brokers = arena.cluster.brokers.map(({ address }) => address);
  const shape = { backlog: BACKLOG, perSecond: PER_SECOND, kinds: {}, ...fault.load };
  const load = new Load(brokers, topics.input, shape, new Seeded(cell.seed + 1));
  const injected: string[] = [];
  const stage = stageOf(arena, replicas, model, topics, random, signal, (what) => {
    injected.push(what);
    tell(what);
  });
  try {
    await createTopics(arena.cluster, topics, fault.topicBytes);
    await load.start();
    replicas.start(fault.replicas ?? 2);
    watch.start();
    tell('starts');
    const working = await until(() => watch.stored > 0 || arena.witness.ended, START_LIMIT_MS, signal);
    if (working) await fault.play(stage);
    else replicas.complaints.push(`no result within ${START_LIMIT_MS / 1_000} s of the start`);
    // Whatever the fault was, all is in order now, and all that is there must be done.
    for (const link of arena.links) link.open();
    model.mood = WELL;
    await load.stop();
    await watch.stop();
    tell('comes to rest');
    const limitMs = working ? DRAIN_LIMIT_MS : 0;
    await until(async () => (await looked(watch)) && watch.committed >= watch.inputs, limitMs, signal);
    await stage.ready();
    await replicas.stop();
    await until(() => looked(watch), READ_LIMIT_MS, signal);
    tell('is judged');
    const verdict = judge(await hear(arena, topics, watch), {
      order,
      expect: (input) => expectedOf(input, fault.mayFail ?? [], fault.topicBytes !== undefined),
    });
    const broken = brokenPromises(verdict, delivery);
    if (replicas.complaints.length > 0) broken.push({ what: 'executors', records: replicas.complaints });
    if (broken.length === 0 && !options.keepLogs) await rm(folder, { recursive: true, force: true });
    return { cell, settings, injected, verdict, broken, durationMs: performance.now() - begun, folder };
  } finally {
    for (const link of arena.links) link.open();
    await Promise.allSettled([load.stop(), watch.stop(), replicas.kill(), model.down()]);
    await deleteTopics(arena.cluster, topics);
  }
}

async function hear({ witness }: Arena, topics: WatchedTopics, watch: Watch): Promise<Evidence> {
  const inputs = await heard(witness, topics.input);
  const results = await heard(witness, topics.output);
  const errors = await heard(witness, topics.errors);
  return {
    inputs: inputs.records,
    results: results.records,
    errors: errors.records,
    samples: watch.samples,
    hanging: [...results.hanging, ...errors.hanging],
  };
}

// A broker may be away, by a fault that is played on another cell at this moment.
async function heard(witness: Witness, topic: string): Promise<ReadTopic> {
  const deadline = performance.now() + DRAIN_LIMIT_MS;
  for (;;) {
    try {
      return await witness.read(topic, READ_LIMIT_MS);
    } catch (error) {
      if (witness.ended || performance.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function looked(watch: Watch): Promise<boolean> {
  return watch.look().then(
    () => true,
    () => false,
  );
}

/** One line for what went wrong in the run itself. */
export function brokenCell(cell: Cell, error: unknown): string {
  return `${cell.fault.name}, ${cell.delivery}, ${cell.order}, seed ${cell.seed}: ${errorText(error)}`;
}
