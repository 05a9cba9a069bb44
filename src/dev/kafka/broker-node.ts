import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { errorText, MillraceError } from '../../base/errors.ts';
import { isFormatted, type DataDir } from './data-dir.ts';
import { startGuardedProcess, type GuardedProcess, type ProcessExit } from './guarded-process.ts';
import type { KafkaInstall } from './kafka-install.ts';
import { logTail } from './log-tail.ts';
import { renderProperties, serverProperties, type NodePlan } from './server-properties.ts';

export type BrokerLogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface ScramUser {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly name: string;
  readonly password: string;
}

export interface BrokerNodeSpec {
  readonly install: KafkaInstall;
  readonly dir: DataDir;
  readonly plan: Omit<NodePlan, 'logDir'>;
  readonly logLevel: BrokerLogLevel;
  readonly heapMb: number;
  readonly scramUsers: readonly ScramUser[];
  readonly env: NodeJS.ProcessEnv;
}

const LOG_CONFIG = fileURLToPath(new URL('./log4j2.properties', import.meta.url));
const FORMAT_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const TAIL_LINES = 20;

/** One Kafka process (broker and controller) over its data directory; it can be started and stopped again and again. */
export class BrokerNode {
  readonly #spec: BrokerNodeSpec;
  readonly #logFile: string;
  readonly #consoleFile: string;
  #process: GuardedProcess | undefined;
  #logStart = 0;

  constructor(spec: BrokerNodeSpec) {
    this.#spec = spec;
    this.#logFile = join(spec.dir.path, 'broker.log');
    this.#consoleFile = join(spec.dir.path, 'console.log');
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Formats the directory if that has not happened, and starts the process. Does not wait until it answers. */
  async start(): Promise<void> {
    const { install, dir, plan, env, heapMb, logLevel } = this.#spec;
    const configFile = join(dir.path, 'server.properties');
    await writeFile(configFile, renderProperties(serverProperties({ ...plan, logDir: dir.logDir })), { mode: 0o600 });
    if (!(await isFormatted(dir))) await this.#format(configFile);
    this.#logStart = existsSync(this.#logFile) ? (await stat(this.#logFile)).size : 0;
    await writeFile(this.#consoleFile, '');
    this.#process = startGuardedProcess({
      program: install.java,
      args: [
        `-Xmx${heapMb}m`,
        '-Xms64m',
        '-XX:+UseSerialGC',
        '-XX:+ExitOnOutOfMemoryError',
        `-XX:ErrorFile=${join(dir.path, 'java-crash.log')}`,
        '-Djava.awt.headless=true',
        ...this.#logOptions(logLevel),
        '-cp',
        install.classPath,
        'kafka.Kafka',
        configFile,
      ],
      env,
      outputFile: this.#consoleFile,
      ...(dir.temporary ? { removeOnOrphan: dir.path } : {}),
    });
  }

  /** Resolves when the process has ended; at once when none runs. */
  exited(): Promise<ProcessExit> {
    return this.#process?.exited ?? Promise.resolve({ code: null, signal: null });
  }

  /** Asks it to stop, and after 15 s makes it. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    running.signal('SIGTERM');
    const limit = new AbortController();
    const late = sleep(STOP_TIMEOUT_MS, 'late', { signal: limit.signal }).catch(() => 'stopped');
    if ((await Promise.race([running.exited, late])) === 'late') running.signal('SIGKILL');
    limit.abort();
    await running.exited;
    this.#process = undefined;
  }

  /** SIGKILL: no clean-up, as after a power cut of the process. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exited;
    this.#process = undefined;
  }

  /** Why it does not run: a known cause in plain words, else the end of its log. */
  async failure(what: string): Promise<MillraceError> {
    const { path } = this.#spec.dir;
    const lines = [
      ...(await logTail(this.#consoleFile, TAIL_LINES)),
      ...(await logTail(this.#logFile, 200, this.#logStart)),
    ];
    const text = lines.join('\n');
    if (/Failed to acquire lock/.test(text)) {
      return new MillraceError(`another Kafka is using the data directory ${path}`, {
        code: 'DATA_DIR_LOCKED',
        remedy: 'stop it, or choose another directory',
      });
    }
    if (/Address already in use/.test(text)) {
      return new MillraceError(
        `port ${this.#spec.plan.port} or ${this.#spec.plan.controllerPort} of 127.0.0.1 is in use`,
        {
          code: 'PORT_IN_USE',
          remedy: 'choose another port, or leave it out for a free one',
        },
      );
    }
    const shown = lines.slice(-TAIL_LINES).map((line) => `  | ${line}`);
    return new MillraceError([what, ...shown].join('\n'), {
      code: 'KAFKA_START_FAILED',
      remedy: this.#spec.dir.temporary ? 'see the log above' : `the whole log is ${this.#logFile}`,
    });
  }

  async #format(configFile: string): Promise<void> {
    const { install, dir, scramUsers, env } = this.#spec;
    const scram = scramUsers.flatMap((user) => [
      '--add-scram',
      `${user.mechanism}=[name="${user.name}",password="${user.password}"]`,
    ]);
    const args = [
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      ...this.#logOptions('warn'),
      '-cp',
      install.classPath,
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      '--cluster-id',
      dir.clusterId,
      '--config',
      configFile,
      ...scram,
    ];
    try {
      await promisify(execFile)(install.java, args, { env, timeout: FORMAT_TIMEOUT_MS });
    } catch (cause) {
      const printed = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : errorText(cause);
      throw new MillraceError(`Kafka could not format ${dir.logDir}: ${printed.split('\n').slice(-5).join('\n')}`, {
        code: 'KAFKA_FORMAT_FAILED',
        remedy: 'check the extra server properties, and that the directory can be written',
      });
    }
  }

  #logOptions(level: BrokerLogLevel): string[] {
    return [
      `-Dlog4j2.configurationFile=${LOG_CONFIG}`,
      `-Dmillrace.log.file=${this.#logFile}`,
      `-Dmillrace.log.level=${level}`,
    ];
  }
}
