import { create, toBinary } from '@bufbuild/protobuf';
import {
  SeldonGraphMetadataSchema,
  SeldonModelMetadataSchema,
  type SeldonModelMetadata,
} from '../../protocol/gen/seldon/prediction_pb.ts';
import { decodeMessage } from '../../protocol/grpc/wire/decode.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { GraphNode } from '../graph.ts';
import type { GraphRequest } from '../graph-request.ts';
import type { ModelQuery } from '../model-query.ts';
import { stepFailure } from '../walk/step-failure.ts';
import { graphEdges } from './graph-edges.ts';

/**
 * What a predictor takes and gives, and what each of its models says of itself, as a SeldonGraphMetadata.
 *
 * @throws NodeError when a model does not answer, or not with a SeldonModelMetadata
 */
export async function grpcGraphMetadata(predictor: string, models: ModelQuery, request: GraphRequest): Promise<Buffer> {
  const answers = await models.askAll('metadata', request);
  const byNode = new Map<GraphNode, SeldonModelMetadata>();
  for (const [node, answer] of answers) byNode.set(node, readMetadata(node, answer));
  const edges = graphEdges(models.graph.root, (node) => byNode.get(node));
  const metadata = create(SeldonGraphMetadataSchema, {
    name: predictor,
    models: Object.fromEntries([...byNode].map(([{ name }, one]) => [name, one])),
    ...(edges && { inputs: edges.inputs, outputs: edges.outputs }),
  });
  return Buffer.from(toBinary(SeldonGraphMetadataSchema, metadata));
}

function readMetadata(node: GraphNode, answer: Payload): SeldonModelMetadata {
  try {
    return decodeMessage(SeldonModelMetadataSchema, answer.body);
  } catch (error) {
    throw stepFailure(error, node, 'answer', `the metadata of node '${node.name}' cannot be used`, answer);
  }
}
