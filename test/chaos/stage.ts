import { sleep } from '../../src/base/clock.ts';
import { withAdmin } from '../broker.ts';
import type { Seeded } from '../simulation/seeded.ts';
import type { Arena } from './arena/arena.ts';
import type { ChaosModel } from './arena/chaos-model.ts';
import type { ReplicaSet } from './arena/replica-set.ts';
import type { WatchedTopics } from './arena/watch.ts';
import type { Stage } from './faults/fault.ts';
import { until } from './until.ts';

const READY_LIMIT_MS = 40_000;

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
