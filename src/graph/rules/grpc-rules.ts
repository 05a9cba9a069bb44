import { MESSAGE } from '../../protocol/grpc/methods.ts';
import { chainSeldon, combineSeldon, feedbackRoutes, readSeldonRoute } from '../../protocol/grpc/seldon/seldon.ts';
import { injectSeldonRouting } from '../../protocol/grpc/seldon/seldon-routing.ts';
import {
  chainTensorflow,
  combineTensorflow,
  readTensorflowRoute,
  tensorflowRouteRequest,
} from '../../protocol/grpc/tensorflow/tensorflow.ts';
import { chainV2, combineV2, readV2Route, v2RouteRequest } from '../../protocol/grpc/v2/v2.ts';
import { checkWire } from '../../protocol/grpc/wire/wire-cursor.ts';
import { MessageError } from '../../protocol/message-error.ts';
import type { Payload, Protocol } from '../../protocol/payload.ts';
import type { MessageRules } from './message-rules.ts';

/** What a graph takes, by protocol; the first is what a request without a name is. Answers among them are converted. */
const REQUESTS: Readonly<Record<Protocol, readonly [string, ...string[]]>> = {
  seldon: [MESSAGE.seldon, MESSAGE.feedback],
  tensorflow: [
    MESSAGE.predictRequest,
    MESSAGE.classifyRequest,
    MESSAGE.regressRequest,
    MESSAGE.multiRequest,
    MESSAGE.predictResponse,
  ],
  v2: [MESSAGE.inferRequest, MESSAGE.inferResponse],
};

type OwnRules = Pick<MessageRules, 'chain' | 'routeRequest' | 'combine' | 'readRoute'>;

const OWN: Readonly<Record<Protocol, OwnRules>> = {
  seldon: { chain: chainSeldon, routeRequest: chainSeldon, combine: combineSeldon, readRoute: readSeldonRoute },
  tensorflow: {
    chain: chainTensorflow,
    routeRequest: tensorflowRouteRequest,
    combine: combineTensorflow,
    readRoute: readTensorflowRoute,
  },
  v2: { chain: chainV2, routeRequest: v2RouteRequest, combine: combineV2, readRoute: readV2Route },
};

/** The rules of protobuf messages over gRPC. */
export function grpcRules(protocol: Protocol): MessageRules {
  return {
    ...OWN[protocol],
    accept: (request) => accept(protocol, request),
    // Messages of gRPC are never packed here.
    chainReads: false,
    injectRouting: injectSeldonRouting,
    isFeedback: (request) => request.messageName === MESSAGE.feedback,
    feedbackRoutes,
  };
}

/** Looks at no more than names and top-level fields: a model should not be asked, again and again, about what is no message. */
function accept(protocol: Protocol, request: Payload): Payload {
  const known = REQUESTS[protocol];
  const messageName = request.messageName || known[0];
  if (!known.includes(messageName)) {
    throw new MessageError(
      `it is a '${messageName.slice(0, 100)}', and the ${protocol} protocol takes ${known.join(', ')} (header proto-name)`,
    );
  }
  checkWire(request.body);
  return messageName === request.messageName ? request : { ...request, messageName };
}
