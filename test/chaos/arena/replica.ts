// One executor: a process of its own, as it would be a pod.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startGuardedProcess, type GuardedProcess, type ProcessExit } from '../../../src/dev/kafka/guarded-process.ts';
import { sleep } from '../../../src/base/clock.ts';
import type { Link } from './link.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/millrace', import.meta.url));
const GRACE_S = 20;
/** Beyond its grace it closes its fronts. */
const END_LIMIT_MS = (GRACE_S + 40) * 1_000;

export interface ReplicaOptions {
  readonly name: string;
  readonly documentFile: string;
  readonly logFile: string;
  readonly link: Link;
  readonly seat: number;
  readonly env: Readonly<Record<string, string>>;
}

export class Replica {
  readonly name: string;
  /** No other has it while this one is there. */
  readonly seat: number;
  readonly logFile: string;
  readonly #process: GuardedProcess;
  #asked = false;
  #exit: ProcessExit | undefined;

  /** @param ended told when it ends without having been asked to */
  constructor(options: ReplicaOptions, ended: (replica: Replica, how: string) => void) {
    this.name = options.name;
    this.seat = options.seat;
    this.logFile = options.logFile;
    const args = ['run', options.documentFile, '--http-port', '0', '--graceful-timeout', `${GRACE_S}s`];
    args.push('--log-level', 'INFO');
    const variables = { KAFKA_BROKER: options.link.bootstrap, ...options.env };
    for (const [name, value] of Object.entries(variables)) args.push('--env', `${name}=${value}`);
    this.#process = startGuardedProcess({ program: PROGRAM, args, env: process.env, outputFile: options.logFile });
    void this.#process.exited.then((exit) => {
      this.#exit = exit;
      if (!this.#asked) ended(this, describe(exit));
    });
  }

  /** Its process has ended. */
  get gone(): boolean {
    return this.#exit !== undefined;
  }

  /** It runs, and nobody has asked it to end. */
  get alive(): boolean {
    return this.#exit === undefined && !this.#asked;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#asked = true;
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  /** SIGTERM. @returns what was wrong with its end, or undefined */
  async term(): Promise<string | undefined> {
    if (!this.alive) return undefined;
    this.#asked = true;
    this.#process.signal('SIGTERM');
    const done = new AbortController();
    const late = sleep(END_LIMIT_MS, done.signal).then(() => 'late' as const);
    const exit = await Promise.race([this.#process.exited, late]);
    done.abort();
    if (exit === 'late') {
      await this.kill();
      return `had not ended ${END_LIMIT_MS / 1000} s after SIGTERM`;
    }
    if (exit.code === 0) return undefined;
    // One that was still being loaded has not heard of signals yet.
    if (exit.signal === 'SIGTERM' && (await this.logTail(1)) === '') return undefined;
    return `ended with ${describe(exit)} after SIGTERM`;
  }

  freeze(): void {
    this.#process.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process.signal('SIGCONT');
  }

  /** Whether it says that it is. */
  async ready(): Promise<boolean> {
    const port = /"port":(\d+)/.exec(await readFile(this.logFile, 'utf8').catch(() => ''))?.[1];
    if (port === undefined || !this.alive) return false;
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(10_000) }).catch(
      () => 0,
    );
    return answer instanceof Response && answer.status === 200;
  }

  /** The last lines of its log. */
  async logTail(lines: number): Promise<string> {
    const text = await readFile(this.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }
}

function describe(exit: ProcessExit): string {
  return exit.error?.message ?? exit.signal ?? `exit code ${exit.code}`;
}
