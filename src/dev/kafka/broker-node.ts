import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errorText, MillraceError } from '../../base/errors.ts';
import { untilBrokerAnswers } from './broker-answers.ts';
import { isFormatted, type DataDir } from './data-dir.ts';
import { startGuardedProcess, type GuardedProcess, type ProcessExit } from './guarded-process.ts';
import type { KafkaInstall } from './install/kafka-install.ts';
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
  readonly plan: Omit<NodePlan, 'logDir' | 'metadataDir'>;
  readonly logLevel: BrokerLogLevel;
  readonly heapMb: number;
  readonly javaOptions: readonly string[];
  readonly scramUsers: readonly ScramUser[];
  readonly env: NodeJS.ProcessEnv;
  /** How long it may take to answer after its start, ms. */
  readonly readyTimeoutMs: number;
}

const LOG_CONFIG = fileURLToPath(new URL('./log4j2.properties', import.meta.url));
const FORMAT_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const TAIL_LINES = 20;
/** Where a cause that is known by its words is looked for. */
const SEARCHED_LINES = 300;

/** One Kafka process (broker and controller) over its data directory; it can be started and stopped again and again. */
export class BrokerNode {
  readonly #spec: BrokerNodeSpec;
  readonly #logFile: string;
  readonly #consoleFile: string;
  readonly #configFile: string;
  #process: GuardedProcess | undefined;
  #logStart = 0;

  constructor(spec: BrokerNodeSpec) {
    this.#spec = spec;
    this.#logFile = join(spec.dir.path, 'broker.log');
    this.#consoleFile = join(spec.dir.path, 'console.log');
    this.#configFile = join(spec.dir.path, 'server.properties');
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get address(): string {
    return `127.0.0.1:${this.#spec.plan.port}`;
  }

  /**
   * Formats the directory if that has not happened, starts the process, and waits until it answers and knows `brokers` live
   * brokers. What was started is killed if that fails or the signal aborts (then the error is the signal's reason).
   */
  async start(brokers: number, signal?: AbortSignal): Promise<void> {
    const { dir, plan, readyTimeoutMs } = this.#spec;
    const properties = serverProperties({ ...plan, logDir: dir.logDir, metadataDir: dir.metadataDir });
    await writeFile(this.#configFile, renderProperties(properties), { mode: 0o600 });
    await writeFile(this.#consoleFile, '');
    this.#logStart = existsSync(this.#logFile) ? (await stat(this.#logFile)).size : 0;
    try {
      if (!(await isFormatted(dir))) await this.#format(signal);
      signal?.throwIfAborted();
      this.#process = this.#run(this.#serverArguments());
      const ended = this.#process.exited;
      const what = `Kafka did not answer at ${this.address} within ${readyTimeoutMs / 1000} s`;
      await this.#bounded(ended, readyTimeoutMs, signal, what, brokers);
    } catch (error) {
      await this.kill();
      throw error;
    }
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
    const done = new AbortController();
    const late = sleep(STOP_TIMEOUT_MS, 'late', { signal: done.signal }).catch(() => 'stopped');
    if ((await Promise.race([running.exited, late])) === 'late') running.signal('SIGKILL');
    done.abort();
    await running.exited;
  }

  /** SIGKILL: no clean-up, as if the machine had crashed. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exited;
  }

  /** Why it does not run: a known cause in plain words, else `what` and the end of its log. */
  async failure(what: string): Promise<MillraceError> {
    const { dir, plan } = this.#spec;
    const lines = [
      ...(await logTail(this.#logFile, SEARCHED_LINES, this.#logStart)),
      ...(await logTail(this.#consoleFile, TAIL_LINES)),
    ];
    const text = lines.join('\n');
    if (text.includes('Failed to acquire lock')) {
      return new MillraceError(`another Kafka is using the data directory ${dir.path}`, {
        code: 'DATA_DIR_LOCKED',
        remedy: 'stop it, or choose another directory',
      });
    }
    if (text.includes('Address already in use')) {
      const ports = [plan.port, plan.controllerPort, ...plan.listeners.map((listener) => listener.port)];
      return new MillraceError(`one of the ports ${ports.join(', ')} of 127.0.0.1 is in use`, {
        code: 'PORT_IN_USE',
        remedy: 'choose another port, or leave it out for a free one',
      });
    }
    const shown = lines.slice(-TAIL_LINES).map((line) => `  | ${line}`);
    return new MillraceError([what, ...shown].join('\n'), {
      code: 'KAFKA_FAILED',
      ...(dir.temporary ? {} : { remedy: `the whole log is ${this.#logFile}` }),
    });
  }

  async #format(signal: AbortSignal | undefined): Promise<void> {
    const { install, dir, scramUsers } = this.#spec;
    const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...this.#logOptions('warn'), '-cp', install.classPath];
    args.push('kafka.tools.StorageTool', 'format', '--ignore-formatted');
    args.push('--cluster-id', dir.clusterId, '--config', this.#configFile);
    for (const user of scramUsers) {
      args.push('--add-scram', `${user.mechanism}=[name="${user.name}",password="${user.password}"]`);
    }
    this.#process = this.#run(args);
    const what = `Kafka did not format ${dir.logDir} within ${FORMAT_TIMEOUT_MS / 1000} s`;
    await this.#bounded(this.#process.exited, FORMAT_TIMEOUT_MS, signal, what);
  }

  // With `brokers`, waits for answers and takes the end of the process for a failure; without, waits for its good end.
  async #bounded(
    ended: Promise<ProcessExit>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    what: string,
    brokers?: number,
  ): Promise<void> {
    const done = new AbortController();
    const limit = AbortSignal.any([done.signal, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    const answer = brokers === undefined ? untilAborted(limit) : untilBrokerAnswers(this.address, brokers, limit);
    const result = await Promise.race([ended, answer]);
    done.abort();
    signal?.throwIfAborted();
    if ('ready' in result) {
      if (!result.ready) throw await this.failure(`${what} (${result.why})`);
    } else if (brokers !== undefined || result.code !== 0) {
      throw await this.failure(`Kafka ended while it started (${describeExit(result)})`);
    }
  }

  #run(args: readonly string[]): GuardedProcess {
    const { install, dir, env } = this.#spec;
    return startGuardedProcess({
      program: install.java,
      args,
      env,
      outputFile: this.#consoleFile,
      ...(dir.temporary ? { removeOnOrphan: dir.path } : {}),
    });
  }

  #serverArguments(): string[] {
    const { dir, install, heapMb, javaOptions, logLevel } = this.#spec;
    const heap = [`-Xmx${heapMb}m`, '-Xms64m', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', ...javaOptions];
    const crash = `-XX:ErrorFile=${join(dir.path, 'java-crash.log')}`;
    return [...heap, crash, ...this.#logOptions(logLevel), '-cp', install.classPath, 'kafka.Kafka', this.#configFile];
  }

  #logOptions(level: BrokerLogLevel): string[] {
    return [
      `-Dlog4j2.configurationFile=${LOG_CONFIG}`,
      `-Dmillrace.log.file=${this.#logFile}`,
      `-Dmillrace.log.level=${level}`,
    ];
  }
}

/** How a process ended, in words. */
export function describeExit(exit: ProcessExit): string {
  if (exit.error) return errorText(exit.error);
  return exit.signal ?? `exit code ${exit.code}`;
}

function untilAborted(signal: AbortSignal): Promise<{ readonly ready: false; readonly why: string }> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ ready: false, why: 'it still runs' }), { once: true });
  });
}
