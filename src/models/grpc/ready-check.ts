import { create, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { errorText } from '../../base/errors.ts';
import { NodeError } from '../../graph/node-error.ts';
import {
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../../protocol/gen/grpc/health/health_pb.ts';
import { ServerReadyResponseSchema } from '../../protocol/gen/inference/grpc_service_pb.ts';
import {
  GetModelStatusRequestSchema,
  GetModelStatusResponseSchema,
  ModelVersionStatus_State,
} from '../../protocol/gen/tensorflow/serving_pb.ts';
import { decodeMessage } from '../../protocol/grpc/wire/decode.ts';
import type { Protocol } from '../../protocol/payload.ts';

/** A call that asks a node whether it is ready. */
export interface GrpcReadyCheck {
  readonly path: string;
  readonly request: Buffer;
  /** Resolves when the answer means ready; rejects with a `NodeError`. */
  judge(answer: Promise<Buffer>): Promise<void>;
}

/** How a node of that protocol is asked. */
export function grpcReadyCheck(protocol: Protocol, node: string): GrpcReadyCheck {
  switch (protocol) {
    case 'seldon':
      return health(node);
    case 'tensorflow':
      return modelStatus(node);
    case 'v2':
      return serverReady(node);
  }
}

function serverReady(node: string): GrpcReadyCheck {
  return {
    path: '/inference.GRPCInferenceService/ServerReady',
    request: Buffer.alloc(0),
    async judge(answer) {
      const { ready } = read(node, ServerReadyResponseSchema, await answer);
      if (!ready) throw notReady(node, 'its server says that it is not ready');
    },
  };
}

// The protocol has no call for it, but gRPC has one that many servers take.
function health(node: string): GrpcReadyCheck {
  return {
    path: '/grpc.health.v1.Health/Check',
    request: Buffer.alloc(0),
    async judge(answer) {
      const bytes = await unlessUp(answer);
      if (bytes === undefined) return;
      const { status } = read(node, HealthCheckResponseSchema, bytes);
      if (status !== HealthCheckResponse_ServingStatus.SERVING) throw notReady(node, 'its server does not serve yet');
    },
  };
}

// A server that does not know the question, or the model under the node's name, is up all the same.
const UP = new Set<number | string | undefined>(['UNIMPLEMENTED', 'NOT_FOUND']);

/** The answer; undefined where there is none and the server is up. */
async function unlessUp(answer: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NodeError && UP.has(error.status)) return undefined;
    throw error;
  }
}

function modelStatus(node: string): GrpcReadyCheck {
  return {
    path: '/tensorflow.serving.ModelService/GetModelStatus',
    request: Buffer.from(
      toBinary(GetModelStatusRequestSchema, create(GetModelStatusRequestSchema, { modelSpec: { name: node } })),
    ),
    async judge(answer) {
      const bytes = await unlessUp(answer);
      if (bytes === undefined) return;
      const { modelVersionStatus } = read(node, GetModelStatusResponseSchema, bytes);
      if (modelVersionStatus.some(({ state }) => state === ModelVersionStatus_State.AVAILABLE)) return;
      throw notReady(node, 'no version of its model is available yet');
    },
  };
}

function read<D extends DescMessage>(node: string, schema: D, bytes: Buffer): MessageShape<D> {
  try {
    return decodeMessage(schema, bytes);
  } catch (error) {
    throw new NodeError(`node '${node}' is not ready: ${errorText(error)}`, { failure: 'answer', node, cause: error });
  }
}

function notReady(node: string, why: string): NodeError {
  return new NodeError(`node '${node}' is not ready: ${why}`, { failure: 'status', node });
}
