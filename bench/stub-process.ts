import { spawn } from 'node:child_process';

/** Starts the stub model in a process of its own; resolves when it listens. */
export async function startStub(): Promise<{ readonly port: number; stop(): void }> {
  const child = spawn(process.execPath, [new URL('./stub-model.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (line: Buffer) => resolve(Number(line))),
  );
  return { port, stop: () => child.kill() };
}
