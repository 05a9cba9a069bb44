import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';

// The shell leaves a watcher behind and becomes the program (exec), so the program keeps the process id that Node knows. The
// watcher reads a pipe whose other end only Millrace holds: a line means that the program has ended by itself, end of file that
// Millrace is gone, however it went. It has its own session, so neither Ctrl-C nor a signal to Millrace's group reaches it.
const SCRIPT = `
remove=$1; shift
(
  read -r _ <&3 && exit
  kill -KILL $$
  if [ -n "$remove" ]; then
    rm -rf -- "$remove"; sleep 1; rm -rf -- "$remove"
  fi
) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

export interface GuardedProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** File that standard output and error are appended to. */
  readonly outputFile: string;
  /** Directory that is removed if this process dies before the program. */
  readonly removeOnOrphan?: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not be started at all. */
  readonly error?: Error;
}

export interface GuardedProcess {
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a program that never outlives this process, not even when this process is killed with SIGKILL. */
export function startGuardedProcess(options: GuardedProcessOptions): GuardedProcess {
  const output = openSync(options.outputFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(
      '/bin/sh',
      ['-c', SCRIPT, 'sh', options.removeOnOrphan ?? '', options.program, ...options.args],
      // Not standard input: Node closes that by itself when the program ends, which would look like our own end.
      { env: options.env, stdio: ['ignore', output, output, 'pipe'], detached: true },
    );
  } finally {
    closeSync(output);
  }
  // Writing to a watcher that is gone is no news.
  const line = child.stdio[3] as Writable | null | undefined;
  line?.on('error', () => undefined);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => {
      line?.end('ended\n');
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid,
    exited,
    signal(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    },
  };
}
