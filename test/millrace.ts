// Starts the program as a user does, for tests of its commands.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/millrace', import.meta.url));
const LIMIT_MS = 240_000;

export interface MillraceOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; without it there is none. */
  readonly input?: string | Buffer;
  /** Standard input does not end after `input`. */
  readonly keepInputOpen?: boolean;
}

export interface Ended {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningMillrace {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Standard output so far. */
  output(): string;
  /** Resolves when the text has been printed; rejects when the program ends without it. */
  printed(text: string): Promise<void>;
  /** Reads no more of its standard output. */
  closeOutput(): void;
}

/** Runs `millrace` to its end. */
export async function millrace(args: readonly string[], options: MillraceOptions = {}): Promise<Ended> {
  return startMillrace(args, options).ended;
}

/** Starts `millrace`; it is killed if it lives for longer than four minutes. */
export function startMillrace(args: readonly string[], options: MillraceOptions = {}): RunningMillrace {
  const child = spawn(PROGRAM, args, {
    env: { ...process.env, ...options.env },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  if (options.input !== undefined) child.stdin.write(options.input);
  if (options.keepInputOpen !== true) child.stdin.end();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    output: () => stdout,
    printed: async (text) =>
      new Promise((resolve, reject) => {
        const look = () => stdout.includes(text) && resolve();
        child.stdout.on('data', look);
        look();
        child.once('close', () => reject(new Error(`ended without printing ${text}: ${stdout}${stderr}`)));
      }),
    closeOutput: () => void child.stdout.destroy(),
  };
}
