// What stands for the whole run: brokers, the ways to them, and the witness.
import { startEmbeddedCluster, type EmbeddedCluster } from '../../../src/dev/kafka/embedded-cluster.ts';
import { findKafka } from '../../../src/dev/kafka/install/kafka-install.ts';
import { Witness } from '../../checker/witness.ts';
import { SESSION_MS } from '../faults/fault.ts';
import { Link } from './link.ts';

export interface Arena {
  readonly cluster: EmbeddedCluster;
  /** Executors take them in turn. */
  readonly links: readonly Link[];
  readonly witness: Witness;
  stop(): Promise<void>;
}

const NODES = [1, 2, 3];

const PROPERTIES = {
  // A dead executor is found out in seconds, so that a fault does not last for ever.
  'group.min.session.timeout.ms': '1000',
  // Where brokers share out the partitions, they also set these.
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': String(SESSION_MS / 5),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  // Thousands of small topics pass through a long run.
  'log.segment.bytes': String(16 * 1024 * 1024),
  'log.index.size.max.bytes': String(64 * 1024),
};

/** Starts three brokers, two links to them and a witness. Ends with this process, however that ends. */
export async function startArena(progress: (note: string) => void): Promise<Arena> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
  };
  try {
    const links: Link[] = [];
    for (const listener of ['WEST', 'EAST']) {
      const link = await Link.create(listener, NODES);
      links.push(link);
      closers.push(() => link.close());
    }
    const cluster = await startEmbeddedCluster({
      brokers: NODES.length,
      heapMb: 256,
      properties: PROPERTIES,
      progress,
      listeners: (nodeId) =>
        links.map((link) => {
          return { name: link.listener, protocol: 'PLAINTEXT', advertisedPort: link.proxy(nodeId).port };
        }),
    });
    closers.push(() => cluster.stop());
    for (const link of links) {
      for (const broker of cluster.brokers) link.proxy(broker.nodeId).target = broker.listenerPort(link.listener);
    }
    const { java, classPath } = await findKafka(process.env, progress);
    const witness = new Witness({ java, classPath, bootstrap: cluster.bootstrap });
    closers.push(() => witness.stop());
    return { cluster, links, witness, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
