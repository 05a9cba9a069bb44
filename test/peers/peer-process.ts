import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

// A watcher reads a pipe whose other end only this test has: at its end of file the whole group is killed, for Seldon's wrapper is
// four processes that do not all follow their first one. A line in the pipe sends the watcher away.
const SCRIPT = `
(
  read -r _ <&3 && exit
  kill -KILL -- -$$
) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;
const SHOWN_CHARS = 6_000;

export interface PeerOptions {
  readonly python: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error are appended to it. */
  readonly logFile: string;
}

export interface PeerProcess {
  /** Waits until an address answers with status 200; throws, with the log, when it ended before or after the limit. */
  answers(url: string, limitMs: number): Promise<void>;
  /** SIGTERM; what is left of its group at the limit (by default ten seconds) is killed. */
  stop(limitMs?: number): Promise<void>;
}

/** Starts a Python program that never outlives this process. */
export function startPeer(options: PeerOptions): PeerProcess {
  appendFileSync(options.logFile, '');
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', options.python, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, PYTHONUNBUFFERED: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const line = child.stdio[3] as Writable;
  line.on('error', () => undefined);
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (chunk: Buffer) => appendFileSync(options.logFile, chunk));
  }
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ended = how;
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(`exit ${code ?? signal}`));
  });
  const told = () => readFileSync(options.logFile, 'utf8').slice(-SHOWN_CHARS);
  return {
    async answers(url, limitMs) {
      const deadline = performance.now() + limitMs;
      for (;;) {
        if (ended !== undefined) throw new Error(`${options.args.join(' ')} ended (${ended}):\n${told()}`);
        const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
        await response?.arrayBuffer();
        if (response?.status === 200) return;
        if (performance.now() > deadline) throw new Error(`${url} does not answer after ${limitMs} ms:\n${told()}`);
        await sleep(POLL_MS);
      }
    },
    async stop(limitMs = STOP_LIMIT_MS) {
      if (ended === undefined) child.kill('SIGTERM');
      const gone = await Promise.race([exited.then(() => true), sleep(limitMs, false, { ref: false })]);
      // The group outlives its first process: a grpc server of the wrapper, or one that did not mind the signal.
      if (child.pid !== undefined) killGroup(child.pid);
      if (!gone) await exited;
      line.destroy();
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None of it is left.
  }
}
