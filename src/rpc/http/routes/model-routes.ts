import { packageVersion } from '../../../base/version.ts';
import { restGraphMetadata } from '../../../graph/metadata/rest-graph-metadata.ts';
import type { ModelQuestion } from '../../../protocol/node-method.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import type { Liveness, Readiness } from '../../readiness.ts';
import { payloadAnswer } from '../answers.ts';
import { graphRequest } from './graph-request.ts';
import { liveHandler, readyHandler } from './probe-routes.ts';
import type { HttpRequest, Route } from '../route.ts';

const GET = ['GET', 'OPTIONS'];

const PATHS: Readonly<Record<Protocol, Readonly<Record<ModelQuestion, readonly string[]>>>> = {
  seldon: {
    status: ['/api/v0.1/status/{model}', '/api/v1.0/status/{model}'],
    metadata: ['/api/v0.1/metadata/{model}', '/api/v1.0/metadata/{model}'],
  },
  tensorflow: { status: ['/v1/models/{model}'], metadata: ['/v1/models/{model}/metadata'] },
  v2: { status: ['/v2/models/{model}/ready'], metadata: ['/v2/models/{model}'] },
};

/** Where a protocol asks what `/ready` tells. */
const READY_PATHS: Readonly<Record<Protocol, readonly string[]>> = {
  seldon: ['/api/v1.0/status', '/api/v1.0/health/status'],
  tensorflow: [],
  v2: ['/v2/health/ready'],
};

/** Where a protocol asks what `/live` tells. Clients of the v2 protocol do; Seldon Core 1 answers 404. */
const LIVE_PATHS: Readonly<Record<Protocol, readonly string[]>> = {
  seldon: [],
  tensorflow: [],
  v2: ['/v2/health/live'],
};

/** Status and metadata of one model, by the name of its node. */
export function modelRoutes(protocol: Protocol, models: ModelQuery): Route[] {
  return (['status', 'metadata'] as const).flatMap((question) =>
    PATHS[protocol][question].map((path) => ({
      path,
      methods: GET,
      service: question,
      handler: async (request: HttpRequest) =>
        payloadAnswer(await models.ask(question, request.parameter, graphRequest(request))),
    })),
  );
}

/** What the graph takes and gives, with the metadata of every model; only the seldon protocol asks for it. */
export function graphMetadataRoutes(protocol: Protocol, predictor: string, models: ModelQuery): Route[] {
  if (protocol !== 'seldon') return [];
  return [
    {
      path: '/api/v1.0/metadata',
      methods: GET,
      service: 'metadata',
      handler: async (request) => {
        const body = await restGraphMetadata(predictor, models, graphRequest(request));
        return payloadAnswer({ body, contentType: 'application/json', contentEncoding: '' });
      },
    },
  ];
}

/** Who answers, as clients of the v2 protocol ask; Seldon Core 1 answers 404. */
export function serverMetadataRoutes(protocol: Protocol, deployment: string): Route[] {
  if (protocol !== 'v2') return [];
  const body = JSON.stringify({ name: deployment, version: packageVersion(), extensions: [] });
  const handler = () => ({ status: 200, body, contentType: 'application/json' });
  return [{ path: '/v2', methods: GET, service: 'metadata', handler }];
}

/** The protocol's own names for `/ready` and `/live`. */
export function healthRoutes(
  protocol: Protocol,
  readiness: () => Readiness | Promise<Readiness>,
  liveness: Liveness,
): Route[] {
  const ready = readyHandler(readiness);
  const live = liveHandler(liveness);
  return [
    ...READY_PATHS[protocol].map((path) => ({ path, methods: GET, service: 'status', handler: ready })),
    ...LIVE_PATHS[protocol].map((path) => ({ path, methods: GET, service: 'status', handler: live })),
  ];
}
