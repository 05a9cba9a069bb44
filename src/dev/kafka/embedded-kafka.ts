import { errorText, MillraceError } from '../../base/errors.ts';
import { untilBrokerAnswers } from './broker-answers.ts';
import { BrokerNode, type BrokerLogLevel, type ScramUser } from './broker-node.ts';
import { discardDataDir, openDataDir, temporaryDataDir } from './data-dir.ts';
import { freePort, isPortFree } from './free-port.ts';
import { findKafka } from './kafka-install.ts';
import type { ProcessExit } from './guarded-process.ts';
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
  /** Stops it cleanly and removes a temporary data directory. */
  stop(): Promise<void>;
  /** SIGKILL; data and port stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again, after `kill` or while it runs, on the same port and data; resolves when it answers. */
  restart(): Promise<void>;
}

/**
 * Starts a single-node Apache Kafka and waits until it answers. It ends with this process, however that ends. Errors: what is
 * missing (`JAVA_MISSING`, `MAVEN_MISSING` ...), `PORT_IN_USE`, `DATA_DIR_...`, and `KAFKA_START_FAILED` with the end of the log.
 */
export async function startEmbeddedKafka(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
  const env = options.env ?? process.env;
  if (options.port !== undefined && !(await isPortFree(options.port))) {
    throw new MillraceError(`port ${options.port} of 127.0.0.1 is in use`, {
      code: 'PORT_IN_USE',
      remedy: 'choose another port, or leave it out for a free one',
    });
  }
  const install = await findKafka(env, options.progress ?? (() => undefined));
  const port = options.port ?? (await freePort());
  const controllerPort = await freePort();
  const listeners: (ListenerSpec & { port: number })[] = [];
  for (const listener of options.listeners ?? []) listeners.push({ ...listener, port: await freePort() });
  const bootstrap = `127.0.0.1:${port}`;
  const timeoutMs = options.readyTimeoutMs ?? 60_000;

  const dir = options.dataDir ? await openDataDir(options.dataDir, install.version) : await temporaryDataDir();
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
      properties: options.properties ?? {},
    },
    logLevel: options.logLevel ?? 'warn',
    heapMb: options.heapMb ?? 512,
    scramUsers: options.scramUsers ?? [],
    env,
  });
  const start = async () => {
    await node.start();
    await untilReady(node, bootstrap, timeoutMs);
  };
  try {
    await start();
  } catch (error) {
    await node.kill();
    await discardDataDir(dir);
    throw error;
  }
  return {
    version: install.version,
    bootstrap,
    dataDir: dir.path,
    get pid() {
      return node.pid;
    },
    listener(name) {
      const found = listeners.find((listener) => listener.name === name);
      if (found === undefined) throw new MillraceError(`no listener '${name}'`, { code: 'NO_LISTENER' });
      return `127.0.0.1:${found.port}`;
    },
    exited: () => node.exited(),
    async stop() {
      await node.stop();
      await discardDataDir(dir);
    },
    kill: () => node.kill(),
    async restart() {
      await node.stop();
      await start();
    },
  };
}

async function untilReady(node: BrokerNode, bootstrap: string, timeoutMs: number): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(timeoutMs)]);
  const exited = node.exited();
  const result = await Promise.race([untilBrokerAnswers(bootstrap, 1, signal), exited]);
  done.abort();
  if ('ready' in result) {
    if (result.ready) return;
    throw await node.failure(`Kafka did not answer at ${bootstrap} within ${timeoutMs / 1000} s (${result.why})`);
  }
  const how = result.error ? errorText(result.error) : (result.signal ?? `code ${result.code}`);
  throw await node.failure(`Kafka ended while it started (${how})`);
}
