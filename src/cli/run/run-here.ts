import { runExecutor } from '../../executor/executor.ts';
import type { ExecutorConfig } from '../../executor/config/executor-config.ts';
import type { Fronts } from '../../executor/fronts.ts';

/**
 * Runs the executor in this process, and ends the process with its exit code.
 *
 * @param listening called once, when the ports are open
 */
export async function runHere(config: ExecutorConfig, listening?: (fronts: Fronts) => void): Promise<never> {
  const code = await runExecutor(config, listening);
  // Whatever might still hold the process open has had its time.
  process.exit(code);
}
