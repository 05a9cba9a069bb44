import { packageVersion } from '../../../base/version.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import { seldonDocument } from '../../openapi/seldon-document.ts';
import { v2Document } from '../../openapi/v2-document.ts';
import { NOT_FOUND, type Route } from '../route.ts';

/** The OpenAPI document of the protocol, under its name and as the index of its folder; tensorflow has none. */
export function openApiRoutes(protocol: Protocol, deployment: string): Route[] {
  switch (protocol) {
    case 'seldon': {
      const document = seldonDocument(deployment, packageVersion());
      return ['/api/v0.1/doc/', '/api/v1.0/doc/'].map((folder) => documentRoute(folder, 'seldon.json', document));
    }
    case 'v2':
      return [documentRoute('/v2/docs/', 'dataplane.json', v2Document(deployment, packageVersion()))];
    case 'tensorflow':
      return [];
  }
}

function documentRoute(folder: string, name: string, document: string): Route {
  return {
    path: `${folder}*`,
    methods: 'any',
    handler({ parameter }) {
      if (parameter !== '' && parameter !== name) return NOT_FOUND;
      return { status: 200, body: document, contentType: 'application/json' };
    },
  };
}
