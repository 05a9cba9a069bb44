import { runExecutor } from '../executor/executor.ts';
import type { ExecutorConfig } from '../executor/executor-config.ts';

/** Runs the executor in this process, and ends the process with its exit code. */
export async function runHere(config: ExecutorConfig): Promise<never> {
  const code = await runExecutor(config);
  // Whatever might still hold the process open has had its time.
  process.exit(code);
}
