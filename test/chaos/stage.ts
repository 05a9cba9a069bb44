import { sleep } from '../../src/base/clock.ts';
import { withAdmin } from '../broker.ts';
import { PATIENCE_MS, persist } from '../persist.ts';
import type { Seeded } from '../simulation/seeded.ts';
import type { Arena } from './arena/arena.ts';
import type { ChaosModel } from './arena/chaos-model.ts';
import type { ReplicaSet } from './arena/replica-set.ts';
import type { WatchedTopics } from './arena/watch.ts';
import type { Stage } from './faults/fault.ts';
import { until } from './until.ts';

const READY_LIMIT_MS = 120_000;

/** What a fault gets to play on. */
export function stageOf(
  { cluster, links }: Arena,
  replicas: ReplicaSet,
  model: ChaosModel,
  topics: WatchedTopics,
  random: Seeded,
  signal: AbortSignal,
  inject: (what: string) => void,
): Stage {
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
      let leader = -1;
      const ask = () =>
        withAdmin(cluster.bootstrap, async (admin) => {
          const metadata = await admin.metadata({ topics: [topics[topic]], forceUpdate: true });
          leader = metadata.topics.get(topics[topic])?.partitions[partition]?.leader ?? -1;
          return leader >= 0;
        });
      // While brokers change it has none.
      await until(() => persist(ask), PATIENCE_MS, signal);
      return leader;
    },
    async coordinator() {
      const ask = () =>
        withAdmin(cluster.bootstrap, (admin) => admin.findCoordinator({ keyType: 0, keys: [topics.group] }));
      return (await persist(ask))[0]?.nodeId ?? 1;
    },
  };
}
