import { join } from 'node:path';
import { sleep } from '../../base/clock.ts';
import { errorText, MillraceError } from '../../base/errors.ts';
import { startGuardedProcess, type GuardedProcess } from '../kafka/guarded-process.ts';
import { logTail } from '../kafka/log-tail.ts';
import { orStopped } from './or-stopped.ts';

/** How to start Millrace itself, as a user would: the program and the arguments before the command's name. */
export interface MillraceProgram {
  readonly file: string;
  readonly args: readonly string[];
}

export interface MillraceChildSpec {
  readonly program: MillraceProgram;
  /** The command's name first. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Directory of its log; removed too, should this process die. */
  readonly directory: string;
  /** Answers 200 when the command is ready for work. */
  readonly readyUrl: string;
  /** The node of the graph that it plays; several may run the same command. */
  readonly node?: string | undefined;
}

const POLL_MS = 50;
const ASK_TIMEOUT_MS = 2_000;
const STOP_TIMEOUT_MS = 15_000;
const TAIL_LINES = 20;

/** A `millrace` command in a process of its own, which ends with this one, however that ends. */
export class MillraceChild {
  /** Standard output and error. */
  readonly logFile: string;
  readonly #name: string;
  readonly #node: string | undefined;
  readonly #readyUrl: string;
  readonly #process: GuardedProcess;
  #ended = false;
  #stopping = false;

  constructor({ program, args, env, directory, readyUrl, node }: MillraceChildSpec) {
    this.#name = args[0] ?? '';
    this.#node = node;
    this.#readyUrl = readyUrl;
    this.logFile = join(directory, `${[this.#name, ...(node === undefined ? [] : [node])].join('-')}.log`);
    this.#process = startGuardedProcess({
      program: program.file,
      args: [...program.args, ...args],
      env,
      outputFile: this.logFile,
      removeOnOrphan: directory,
    });
    void this.#process.exited.then(() => (this.#ended = true));
  }

  /**
   * Waits until it is ready.
   *
   * @throws MillraceError when it ends before, or is not ready in time; the signal's reason when that is aborted
   */
  async ready(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let answer = '';
    while (performance.now() < deadline) {
      signal.throwIfAborted();
      if (this.#ended) throw await this.failure();
      answer = await this.#ask(signal);
      if (answer === '') return;
      await sleep(POLL_MS, signal);
    }
    throw await this.#failed(`was not ready within ${timeoutMs / 1000} s (${answer})`);
  }

  /** Calls back when it ends without having been asked to. */
  onFailure(report: (error: MillraceError) => void): void {
    void this.#process.exited.then(async () => {
      if (!this.#stopping) report(await this.failure());
    });
  }

  /** The error to report when it has ended by itself: its own words, or the end of its log. */
  async failure(): Promise<MillraceError> {
    const { code, signal } = await this.#process.exited;
    return this.#failed(`ended by itself (${signal ?? `exit code ${code}`})`);
  }

  /** Asks it to end, and makes it when it takes too long. Resolves with whether it ended in good order. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    this.#process.signal('SIGTERM');
    const limit = AbortSignal.timeout(STOP_TIMEOUT_MS);
    const exit = await orStopped(this.#process.exited, limit).catch(() => undefined);
    if (exit === undefined) await this.kill();
    return exit?.code === 0;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }

  // Why it is not ready; empty when it is.
  async #ask(signal: AbortSignal): Promise<string> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
      const response = await fetch(this.#readyUrl, { headers: { accept: 'application/json' }, signal: limit });
      const text = await response.text();
      return response.status === 200 ? '' : `${this.#readyUrl} answered ${response.status} ${text}`;
    } catch (error) {
      return errorText(error);
    }
  }

  async #failed(what: string): Promise<MillraceError> {
    const lines = await logTail(this.logFile, TAIL_LINES);
    const own = lines.findLastIndex((line) => line.startsWith(ERROR_PREFIX));
    if (own >= 0) return ownWords(this.#node, lines.slice(own));
    const shown = lines.map((line) => `  | ${line}`);
    const who = this.#node === undefined ? '' : ` (node ${this.#node})`;
    return new MillraceError([`'millrace ${this.#name}'${who} ${what}`, ...shown].join('\n'), {
      code: 'DEMO_PART_FAILED',
    });
  }
}

// How every command reports an error: what is wrong, and after it, indented, the remedy.
const ERROR_PREFIX = 'millrace: ';

function ownWords(node: string | undefined, lines: readonly string[]): MillraceError {
  const [first = '', ...rest] = lines;
  const who = node === undefined ? '' : `node ${node}: `;
  const text = [who + first.slice(ERROR_PREFIX.length), ...rest].join('\n');
  return new MillraceError(text, { code: 'DEMO_PART_FAILED' });
}
