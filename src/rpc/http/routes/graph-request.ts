import type { GraphRequest } from '../../../graph/execute.ts';
import { HEADER } from '../../../protocol/headers.ts';
import { forwardedHeaders } from './forwarded-headers.ts';
import type { HttpRequest } from '../route.ts';

const JSON_LENGTH = HEADER.jsonLength.toLowerCase();

/** The request as the graph takes it: the body as it is, and the model's name where the path has one. */
export function graphRequest({ body, headers, rawHeaders, puid, parameter, signal }: HttpRequest): GraphRequest {
  const jsonLength = headers[JSON_LENGTH];
  return {
    payload: {
      body,
      contentType: headers['content-type'] ?? '',
      contentEncoding: headers['content-encoding'] ?? '',
      ...(typeof jsonLength === 'string' && { jsonLength }),
    },
    headers: forwardedHeaders(rawHeaders),
    puid,
    signal,
    modelName: parameter || undefined,
  };
}
