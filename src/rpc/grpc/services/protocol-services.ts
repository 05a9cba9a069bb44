import type { DescService } from '@bufbuild/protobuf';
import type { GraphExecutor } from '../../../graph/execute.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import { Health } from '../../../protocol/gen/grpc/health/health_pb.ts';
import { ServerReflection } from '../../../protocol/gen/grpc/reflection/reflection_pb.ts';
import { GRPCInferenceService } from '../../../protocol/gen/inference/grpc_service_pb.ts';
import { Seldon } from '../../../protocol/gen/seldon/prediction_pb.ts';
import { ModelService, PredictionService } from '../../../protocol/gen/tensorflow/serving_pb.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import type { Liveness, Readiness } from '../../readiness.ts';
import type { StreamMethod } from '../stream-method.ts';
import type { UnaryMethod } from '../unary-method.ts';
import { healthService } from './health-service.ts';
import { reflectionService } from './reflection-service.ts';
import { seldonService } from './seldon-service.ts';
import { tensorflowServices } from './tensorflow-services.ts';
import { v2ServerMethods, v2Service } from './v2-service.ts';

const SERVICES: Readonly<Record<Protocol, readonly DescService[]>> = {
  seldon: [Seldon],
  tensorflow: [PredictionService, ModelService],
  v2: [GRPCInferenceService],
};

export interface ServedGraph {
  readonly graph: GraphExecutor;
  readonly models: ModelQuery;
}

export interface ServedPredictor {
  readonly protocol: Protocol;
  readonly deploymentName: string;
  readonly predictorName: string;
  readonly served: ServedGraph;
  readonly readiness: () => Promise<Readiness>;
  readonly liveness: Liveness;
}

/** Everything that the gRPC server of a predictor has: the services of its protocol, health and reflection. */
export function protocolServices(predictor: ServedPredictor): {
  readonly unary: readonly UnaryMethod[];
  readonly streams: readonly StreamMethod[];
} {
  const { protocol, deploymentName, readiness, liveness } = predictor;
  const services = SERVICES[protocol];
  const health = healthService(
    services.map(({ typeName }) => typeName),
    readiness,
  );
  const reflected = [...services, Health, ServerReflection];
  return {
    unary: [
      ...graphMethods(predictor),
      ...(protocol === 'v2' ? v2ServerMethods(deploymentName, readiness, liveness) : []),
      ...health.unary,
    ],
    streams: [
      ...health.streams,
      ...reflectionService(
        reflected.map(({ file }) => file),
        reflected.map(({ typeName }) => typeName),
      ),
    ],
  };
}

function graphMethods({ protocol, predictorName, served }: ServedPredictor): UnaryMethod[] {
  const { graph, models } = served;
  switch (protocol) {
    case 'seldon':
      return seldonService(predictorName, graph, models);
    case 'tensorflow':
      return tensorflowServices(graph, models);
    case 'v2':
      return v2Service(graph, models);
  }
}
