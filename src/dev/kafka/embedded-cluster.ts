import { MillraceError } from '../../base/errors.ts';
import { BrokerNode, type BrokerLogLevel } from './broker-node.ts';
import { discardDataDir, newClusterId, temporaryDataDir, type DataDir } from './data-dir.ts';
import { freePort } from './free-port.ts';
import { findKafka } from './install/kafka-install.ts';
import type { ListenerSpec } from './server-properties.ts';

export interface EmbeddedClusterOptions {
  /** Each is broker and controller. Default 3: replication factor 3, two in sync. */
  readonly brokers?: number;
  readonly logLevel?: BrokerLogLevel;
  /** Partitions of topics that are created without a number. Default 1. */
  readonly partitions?: number;
  /** Java heap of each, megabytes. Default 256. */
  readonly heapMb?: number;
  readonly properties?: Readonly<Record<string, string>>;
  /** More listeners of each broker beside the plain one, each on a free port. */
  readonly listeners?: (nodeId: number) => readonly ListenerSpec[];
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take to answer after its start, ms. Default 90 s. */
  readonly readyTimeoutMs?: number;
  readonly progress?: (note: string) => void;
}

/** One broker of a cluster, to be stopped and started by fault tests. */
export interface ClusterBroker {
  readonly nodeId: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly pid: number | undefined;
  /** Port of a listener of the options. */
  listenerPort(name: string): number;
  /** Hands its partitions over and stops. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; resolves when it answers and is in the cluster. */
  start(): Promise<void>;
}

export interface EmbeddedCluster {
  readonly version: string;
  /** All addresses, with commas. */
  readonly bootstrap: string;
  readonly brokers: readonly ClusterBroker[];
  broker(nodeId: number): ClusterBroker;
  /** Kills all brokers and removes their data. */
  stop(): Promise<void>;
}

interface NodePorts {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly listeners: readonly (ListenerSpec & { readonly port: number })[];
}

const PORT_ATTEMPTS = 3;

/** Starts a cluster of several brokers on this machine, over temporary directories. Ends with this process, as one broker does. */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(options);
    } catch (error) {
      // Between the choice of a free port and its use somebody else may take it.
      const lost = error instanceof MillraceError && error.code === 'PORT_IN_USE';
      if (!lost || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function launch(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const env = options.env ?? process.env;
  const install = await findKafka(env, options.progress ?? (() => undefined));
  const voters: NodePorts[] = [];
  for (let nodeId = 1; nodeId <= (options.brokers ?? 3); nodeId++) {
    const listeners: (ListenerSpec & { readonly port: number })[] = [];
    for (const listener of options.listeners?.(nodeId) ?? []) listeners.push({ ...listener, port: await freePort() });
    voters.push({ nodeId, port: await freePort(), controllerPort: await freePort(), listeners });
  }
  const clusterId = newClusterId();
  const dirs: DataDir[] = await Promise.all(voters.map(async () => temporaryDataDir(clusterId)));
  const nodes = voters.map((own, index) => {
    const dir = dirs[index] as DataDir;
    return new BrokerNode({
      install,
      dir,
      plan: {
        ...own,
        voters,
        partitions: options.partitions ?? 1,
        sessionMs: 4_000,
        properties: options.properties ?? {},
      },
      logLevel: options.logLevel ?? 'warn',
      heapMb: options.heapMb ?? 256,
      // Several JVMs start at once and live shortly: the quick compiler is the better one.
      javaOptions: ['-XX:TieredStopAtLevel=1'],
      scramUsers: [],
      env,
      readyTimeoutMs: options.readyTimeoutMs ?? 90_000,
    });
  });
  const stop = async () => {
    // The data goes anyway, and brokers that all stop at once have nobody to hand over to.
    await Promise.all(nodes.map(async (node) => node.kill()));
    await Promise.all(dirs.map(discardDataDir));
  };
  const failed = new AbortController();
  const starts = nodes.map(async (node) => {
    try {
      await node.start(nodes.length, failed.signal);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(starts);
  if (failed.signal.aborted) {
    await stop();
    throw failed.signal.reason;
  }
  const brokers = nodes.map((node, index): ClusterBroker => {
    return {
      nodeId: index + 1,
      address: node.address,
      get pid() {
        return node.pid;
      },
      listenerPort(name) {
        const port = voters[index]?.listeners.find((listener) => listener.name === name)?.port;
        if (port === undefined)
          throw new MillraceError(`the broker has no listener '${name}'`, { code: 'NO_LISTENER' });
        return port;
      },
      stop: () => node.stop(),
      kill: () => node.kill(),
      // Those that are down stay out of its count; itself and one more make it part of the cluster again.
      start: () => node.start(Math.min(2, nodes.length)),
    };
  });
  return {
    version: install.version,
    bootstrap: nodes.map((node) => node.address).join(','),
    brokers,
    broker(nodeId) {
      const found = brokers.find((broker) => broker.nodeId === nodeId);
      if (found === undefined) throw new MillraceError(`the cluster has no broker ${nodeId}`, { code: 'NO_BROKER' });
      return found;
    },
    stop,
  };
}
