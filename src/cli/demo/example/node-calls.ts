import type { DemoWorld } from '../demo-world.ts';

const ASK_TIMEOUT_MS = 5_000;
const CALLS = 'seldon_api_executor_client_requests_seconds_count';

/** How many calls each node has answered, as the deployment's own metrics say; repeated calls count. */
export async function nodeCalls(world: DemoWorld, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
  const response = await fetch(`http://127.0.0.1:${world.httpPort}/metrics`, { signal: limit });
  const counts = new Map(world.nodes.map(({ name }) => [name, 0]));
  for (const line of (await response.text()).split('\n')) {
    const [, labels = '', count] = new RegExp(`^${CALLS}\\{(.*)\\} (\\d+)`).exec(line) ?? [];
    const [, name = ''] = /(?:^|,)model_name="([^"]*)"/.exec(labels) ?? [];
    if (counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + Number(count));
  }
  return counts;
}
