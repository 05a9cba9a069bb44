import { readableBody } from '../../protocol/gunzip.ts';
import { ObjectCursor } from '../../protocol/json/object-cursor.ts';
import { checkJson, skipSpace } from '../../protocol/json/skip-value.ts';
import { MessageError } from '../../protocol/message-error.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { GraphNode } from '../graph.ts';
import type { GraphRequest } from '../graph-request.ts';
import type { ModelQuery } from '../model-query.ts';
import { stepFailure } from '../walk/step-failure.ts';
import { graphEdges } from './graph-edges.ts';

/** What a model says of itself; other members are left out, as by Seldon, and so are empty ones but for inputs and outputs. */
const MEMBERS = ['name', 'platform', 'versions', 'inputs', 'outputs', 'custom'] as const;
/** The JSON of each, as the model wrote it. */
type ModelMetadata = ReadonlyMap<string, string>;

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
    return metadata && { inputs: metadata.get('inputs'), outputs: metadata.get('outputs') };
  });
  const byName = new Map([...byNode].map(([{ name }, metadata]) => [name, jsonObject(metadata)]));
  const whole = [
    ['name', JSON.stringify(predictor)],
    ['models', jsonObject(byName)],
    ['graphinputs', edges?.inputs ?? 'null'],
    ['graphoutputs', edges?.outputs ?? 'null'],
  ] as const;
  return Buffer.from(jsonObject(whole));
}

function readMetadata(node: GraphNode, answer: Payload): ModelMetadata {
  try {
    return writtenMembers(readableBody(answer));
  } catch (error) {
    throw stepFailure(error, node, 'answer', `the metadata of node '${node.name}' cannot be used`, answer);
  }
}

/** Taken from the text as they stand: neither depth nor digits matter then. */
function writtenMembers(body: Buffer): ModelMetadata {
  checkJson(body);
  const start = skipSpace(body, 0);
  if (!ObjectCursor.startsAt(body, start)) throw new MessageError('it is not a JSON object');
  const found = new Map<string, string>();
  const members = new ObjectCursor(body, start);
  while (members.next()) {
    const name = MEMBERS.find((one) => members.keyIs(one));
    if (name !== undefined) found.set(name, body.toString('utf8', members.valueStart, members.valueEnd()));
  }
  const full = MEMBERS.map((name) => [name, found.get(name) ?? 'null'] as const).filter(
    ([name, json]) => json !== 'null' && (name === 'inputs' || name === 'outputs' || !EMPTY.test(json)),
  );
  return new Map(full);
}

const EMPTY = /^(?:""|\[\s*\]|\{\s*\})$/;

function jsonObject(members: Iterable<readonly [name: string, json: string]>): string {
  return `{${[...members].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}
