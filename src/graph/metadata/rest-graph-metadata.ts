import { readableBody } from '../../protocol/gunzip.ts';
import { isJson } from '../../protocol/json/skip-value.ts';
import { MessageError } from '../../protocol/message-error.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { GraphNode } from '../graph.ts';
import type { GraphRequest } from '../graph-request.ts';
import type { ModelQuery } from '../model-query.ts';
import { stepFailure } from '../step-failure.ts';
import { graphEdges } from './graph-edges.ts';

/** What a model says of itself; other members are left out, as by Seldon, and so are empty ones. */
const MEMBERS = ['name', 'platform', 'versions', 'inputs', 'outputs', 'custom'] as const;
type ModelMetadata = Readonly<Partial<Record<(typeof MEMBERS)[number], unknown>>>;

/**
 * What a predictor takes and gives, and what each of its models says of itself, as JSON.
 *
 * @throws NodeError when a model does not answer, or not with a JSON object
 */
export async function restGraphMetadata(predictor: string, models: ModelQuery, request: GraphRequest): Promise<Buffer> {
  const answers = await models.askAll('metadata', request);
  const byNode = new Map<GraphNode, ModelMetadata>();
  for (const [node, answer] of answers) byNode.set(node, readMetadata(node, answer));
  const edges = graphEdges(models.graph.root, (node) => {
    const metadata = byNode.get(node);
    return metadata && { inputs: metadata.inputs, outputs: metadata.outputs };
  });
  return Buffer.from(
    JSON.stringify({
      name: predictor,
      models: Object.fromEntries([...byNode].map(([{ name }, metadata]) => [name, metadata])),
      graphinputs: edges?.inputs ?? null,
      graphoutputs: edges?.outputs ?? null,
    }),
  );
}

function readMetadata(node: GraphNode, answer: Payload): ModelMetadata {
  try {
    const body = readableBody(answer);
    if (!isJson(body)) throw new MessageError('it is not JSON');
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new MessageError('it is not a JSON object');
    }
    const given = parsed as Readonly<Record<string, unknown>>;
    return Object.fromEntries(MEMBERS.map((name) => [name, given[name]]).filter(([, value]) => !isEmpty(value)));
  } catch (error) {
    throw stepFailure(error, node, 'answer', `the metadata of node '${node.name}' cannot be used`, answer);
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
