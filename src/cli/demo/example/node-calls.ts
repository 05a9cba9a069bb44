import type { DemoWorld } from '../demo-world.ts';

const ASK_TIMEOUT_MS = 5_000;
const CALLS = 'seldon_api_executor_client_requests_seconds_count';

/** How often each node was called, as the deployment's own metrics say; repeated calls count. A sentence. */
export async function nodeCalls(world: DemoWorld, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
  const response = await fetch(`http://127.0.0.1:${world.httpPort}/metrics`, { signal: limit });
  const counts = new Map(world.nodes.map(({ name }) => [name, { calls: 0, feedback: 0 }]));
  for (const line of (await response.text()).split('\n')) {
    const [, labels = '', count] = new RegExp(`^${CALLS}\\{(.*)\\} (\\d+)`).exec(line) ?? [];
    const node = counts.get(labelOf(labels, 'model_name'));
    if (node === undefined) continue;
    const isFeedback = /\/(?:send-feedback|SendFeedback)$/.test(labelOf(labels, 'service'));
    node[isFeedback ? 'feedback' : 'calls'] += Number(count);
  }
  const texts = [...counts].map(([name, { calls, feedback }]) => {
    if (feedback === 0) return `${name} ${calls}`;
    return calls === 0 ? `${name} ${feedback} times feedback` : `${name} ${calls} (and ${feedback} times feedback)`;
  });
  return `Calls of the models: ${texts.join(', ') || 'none'}`;
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}
