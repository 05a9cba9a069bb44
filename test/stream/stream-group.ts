import type { TestContext } from 'node:test';
import { committedTotal, uniqueTopic } from '../broker.ts';
import { ModelServer, type Behaviour, type ModelCall } from './model-server.ts';
import { startTestStream } from './test-stream.ts';

/** Names of topics, a model, and streams of one group between them; all ends with the test, however it ends. */
export async function streamGroup(
  context: TestContext,
  bootstrap: string,
  name: string,
  behave: (call: ModelCall) => Behaviour,
) {
  const topics = { bootstrap, input: uniqueTopic(`${name}-in`), output: uniqueTopic(`${name}-out`) };
  const group = uniqueTopic('group');
  const model = await new ModelServer(behave).start();
  context.after(() => model.stop());
  const start = (env: Readonly<Record<string, string>> = {}) => {
    const stream = startTestStream({ ...topics, group, env, modelPort: model.port });
    context.after(() => stream.close(0));
    return stream;
  };
  return { topics, group, model, start, committed: () => committedTotal(bootstrap, group, topics.input) };
}
