import { create, toBinary } from '@bufbuild/protobuf';
import {
  FeedbackSchema,
  SeldonMessageSchema,
  SeldonModelMetadataSchema,
} from '../../../../protocol/gen/seldon/prediction_pb.ts';
import type { Role } from '../../role.ts';
import type { TensorSpec } from '../../tensors/tensor.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { readAnswers, readCall, writeBranch } from './seldon-message.ts';

const answering = (role: Role): GrpcMethod => ({ protocol: 'seldon', roles: [role], infer: readCall });

const route: GrpcMethod = {
  protocol: 'seldon',
  roles: ['router'],
  // What is in the message does not matter to a scripted router.
  route: () => writeBranch,
};

const aggregate: GrpcMethod = { protocol: 'seldon', roles: ['combiner'], aggregate: readAnswers };

const sendFeedback: GrpcMethod = {
  protocol: 'seldon',
  info(body) {
    readMessage(FeedbackSchema, body);
    return toBinary(SeldonMessageSchema, create(SeldonMessageSchema, { meta: {} }));
  },
};

const metadata: GrpcMethod = {
  protocol: 'seldon',
  info(_body, { name, version, signature }) {
    const describe = (spec: TensorSpec) => ({
      messagetype: 'tensor',
      name: spec.name,
      shape: spec.shape.map((size) => BigInt(size ?? -1)),
    });
    const answer = create(SeldonModelMetadataSchema, {
      name,
      versions: [version],
      platform: signature ? 'onnxruntime' : 'millrace_script',
      inputs: signature?.inputs.map(describe) ?? [],
      outputs: signature?.outputs.slice(0, 1).map(describe) ?? [],
    });
    return toBinary(SeldonModelMetadataSchema, answer);
  },
};

/** The services of Seldon Core 1's nodes. */
export const seldonMethods: Readonly<Record<string, GrpcMethod>> = {
  '/seldon.protos.Model/Predict': answering('model'),
  '/seldon.protos.Model/SendFeedback': sendFeedback,
  '/seldon.protos.Model/Metadata': metadata,
  '/seldon.protos.Transformer/TransformInput': answering('transformer'),
  '/seldon.protos.OutputTransformer/TransformOutput': answering('output-transformer'),
  '/seldon.protos.Router/Route': route,
  '/seldon.protos.Router/SendFeedback': sendFeedback,
  '/seldon.protos.Combiner/Aggregate': aggregate,
  '/seldon.protos.Generic/TransformInput': answering('transformer'),
  '/seldon.protos.Generic/TransformOutput': answering('output-transformer'),
  '/seldon.protos.Generic/Route': route,
  '/seldon.protos.Generic/Aggregate': aggregate,
  '/seldon.protos.Generic/SendFeedback': sendFeedback,
};
