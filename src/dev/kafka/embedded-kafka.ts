import { MillraceError } from '../../base/errors.ts';
import { BrokerNode, describeExit, type BrokerLogLevel, type ScramUser } from './broker-node.ts';
import { discardDataDir, openDataDir, temporaryDataDir, type DataDir } from './data-dir.ts';
import { freePort, isPortFree } from './free-port.ts';
import type { ProcessExit } from './guarded-process.ts';
import { findKafka, type KafkaInstall } from './install/kafka-install.ts';
import type { ListenerSpec } from './server-properties.ts';

export interface EmbeddedKafkaOptions {
  /** Of 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Kept, and taken up again by the next start; by default a temporary one that goes with the broker. */
  readonly dataDir?: string;
  /** Of the broker's own log, `broker.log` in the data directory. Default warn. */
  readonly logLevel?: BrokerLogLevel;
  /** Partitions of topics that are created without a number. Default 1. */
  readonly partitions?: number;
  /** Java heap, megabytes. Default 512. */
  readonly heapMb?: number;
  /**
   * How soon the controller takes a silent broker for dead, ms; so long a killed one must wait before it comes back. Default
   * 3000, for fault tests; longer is for machines so busy that heartbeats are late.
   */
  readonly sessionMs?: number;
  /** More options for `java`. */
  readonly javaOptions?: readonly string[];
  /** More server properties, which win over Millrace's. */
  readonly properties?: Readonly<Record<string, string>>;
  /** More listeners beside the plain one, each on a free port. */
  readonly listeners?: readonly ListenerSpec[];
  /** Users that SASL/SCRAM listeners know; of effect when the data directory is new. */
  readonly scramUsers?: readonly ScramUser[];
  /** Default: this process's. JAVA_HOME, KAFKA_HOME, PATH and the cache variables count. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take to answer after its start, ms. Default 60 s. */
  readonly readyTimeoutMs?: number;
  /** Told what takes long: the download. */
  readonly progress?: (note: string) => void;
  /** Ends a start that is under way; the start then throws the signal's reason and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** A running Apache Kafka of our own. */
export interface EmbeddedKafka {
  readonly version: string;
  /** `127.0.0.1:PORT`, plain text, no authentication. */
  readonly bootstrap: string;
  readonly dataDir: string;
  readonly pid: number | undefined;
  /** Address of a listener of the options. */
  listener(name: string): string;
  /** Resolves when the broker process ends, whoever ended it. */
  exited(): Promise<ProcessExit>;
  /** The error to report when it has ended by itself, with the end of its log. */
  failure(): Promise<MillraceError>;
  /** Stops it cleanly and removes a temporary data directory. */
  stop(): Promise<void>;
  /** SIGKILL; data and port stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again, after `kill` or while it runs, on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
}

const PORT_ATTEMPTS = 3;

/**
 * Starts a single-node Apache Kafka and waits until it answers. It ends with this process, however that ends. Errors: what is
 * missing (`JAVA_MISSING`, `MAVEN_MISSING` ...), `PORT_IN_USE`, `DATA_DIR_...`, and `KAFKA_FAILED` with the end of the log.
 */
export async function startEmbeddedKafka(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
  if (options.port !== undefined && !(await isPortFree(options.port))) {
    throw new MillraceError(`port ${options.port} of 127.0.0.1 is in use`, {
      code: 'PORT_IN_USE',
      remedy: 'choose another port, or leave it out for a free one',
    });
  }
  const install = await findKafka(options.env ?? process.env, options.progress ?? (() => undefined), options.signal);
  const dir = options.dataDir ? await openDataDir(options.dataDir, install.version) : await temporaryDataDir();
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await launch(options, install, dir);
      } catch (error) {
        // Between the choice of a free port and its use somebody else may take it.
        const lost = error instanceof MillraceError && error.code === 'PORT_IN_USE' && options.port === undefined;
        if (!lost || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    await discardDataDir(dir);
    throw error;
  }
}

async function launch(options: EmbeddedKafkaOptions, install: KafkaInstall, dir: DataDir): Promise<EmbeddedKafka> {
  const port = options.port ?? (await freePort());
  const controllerPort = await freePort();
  const listeners: (ListenerSpec & { readonly port: number })[] = [];
  for (const listener of options.listeners ?? []) listeners.push({ ...listener, port: await freePort() });
  const node = new BrokerNode({
    install,
    dir,
    plan: {
      nodeId: 1,
      port,
      controllerPort,
      voters: [{ nodeId: 1, controllerPort }],
      listeners,
      partitions: options.partitions ?? 1,
      sessionMs: options.sessionMs ?? 3_000,
      properties: options.properties ?? {},
    },
    logLevel: options.logLevel ?? 'warn',
    heapMb: options.heapMb ?? 512,
    javaOptions: options.javaOptions ?? [],
    scramUsers: options.scramUsers ?? [],
    env: options.env ?? process.env,
    readyTimeoutMs: options.readyTimeoutMs ?? 60_000,
  });
  await node.start(1, options.signal);
  return {
    version: install.version,
    bootstrap: node.address,
    dataDir: dir.path,
    get pid() {
      return node.pid;
    },
    listener(name) {
      const found = listeners.find((listener) => listener.name === name);
      if (found === undefined) throw new MillraceError(`the broker has no listener '${name}'`, { code: 'NO_LISTENER' });
      return `127.0.0.1:${found.port}`;
    },
    exited: () => node.exited(),
    failure: async () => node.failure(`Kafka ended by itself (${describeExit(await node.exited())})`),
    async stop() {
      await node.stop();
      await discardDataDir(dir);
    },
    kill: () => node.kill(),
    async restart() {
      await node.stop();
      await node.start(1);
    },
  };
}
