import { create, toBinary } from '@bufbuild/protobuf';
import { packageVersion } from '../../../base/version.ts';
import type { GraphExecutor } from '../../../graph/execute.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import {
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from '../../../protocol/gen/inference/grpc_service_pb.ts';
import { MESSAGE } from '../../../protocol/grpc/methods.ts';
import type { Liveness, Readiness } from '../../readiness.ts';
import type { UnaryMethod } from '../unary-method.ts';
import { predictMethod, questionMethod, stringAt } from './graph-methods.ts';

const SERVICE = '/inference.GRPCInferenceService';
const firstField = (message: Buffer) => stringAt(message, 1);

/** What the graph and its models answer of `inference.GRPCInferenceService`. */
export function v2Service(graph: GraphExecutor, models: ModelQuery): UnaryMethod[] {
  const messages = { takes: MESSAGE.inferRequest, gives: MESSAGE.inferResponse };
  return [
    predictMethod(`${SERVICE}/ModelInfer`, messages, graph, firstField),
    questionMethod(`${SERVICE}/ModelReady`, 'status', models, firstField, MESSAGE.v2ReadyRequest),
    questionMethod(`${SERVICE}/ModelMetadata`, 'metadata', models, firstField, MESSAGE.v2MetadataRequest),
  ];
}

/** What the server itself answers of it. */
export function v2ServerMethods(
  deployment: string,
  readiness: () => Promise<Readiness>,
  liveness: Liveness,
): UnaryMethod[] {
  const about = create(ServerMetadataResponseSchema, { name: deployment, version: packageVersion() });
  const metadata = toBinary(ServerMetadataResponseSchema, about);
  return [
    {
      path: `${SERVICE}/ServerLive`,
      isMeasured: false,
      answer() {
        const live = liveness().length === 0;
        return Buffer.from(toBinary(ServerLiveResponseSchema, create(ServerLiveResponseSchema, { live })));
      },
    },
    {
      path: `${SERVICE}/ServerReady`,
      isMeasured: false,
      async answer() {
        const { ready } = await readiness();
        return Buffer.from(toBinary(ServerReadyResponseSchema, create(ServerReadyResponseSchema, { ready })));
      },
    },
    { path: `${SERVICE}/ServerMetadata`, isMeasured: false, answer: () => Buffer.from(metadata) },
  ];
}
