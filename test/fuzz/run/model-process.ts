import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ModelProcess {
  /** By what the process calls them. */
  readonly ports: Readonly<Record<string, number>>;
  readonly pid: number;
  stop(): void;
}

/** Starts a program of models and waits until it has printed their ports. */
export async function startModels(program: URL, ...args: readonly string[]): Promise<ModelProcess> {
  const path = fileURLToPath(program);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${path} ended with ${String(code)} before it listened`);
  });
  ended.catch(() => undefined);
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  return {
    ports: JSON.parse(line.toString()) as Record<string, number>,
    pid: child.pid ?? 0,
    stop: () => void child.kill('SIGKILL'),
  };
}
