import type { Stage } from './fault.ts';

/** Kills one of the executors (SIGKILL); another starts at once, or after a pause between two times, in milliseconds. */
export async function killOne(stage: Stage, pauseMs?: readonly [min: number, max: number]): Promise<void> {
  const replica = stage.random.pick(stage.replicas.alive);
  stage.inject(`SIGKILL ${replica.name}`);
  await replica.kill();
  if (pauseMs !== undefined) await stage.pass(...pauseMs);
  stage.replicas.start();
}
