import { HEADER } from '../protocol/headers.ts';
import type { Payload } from '../protocol/payload.ts';

/** One request as the graph takes it. */
export interface GraphRequest {
  readonly payload: Payload;
  /** Headers for every model call, name and value in turn, legal for the transport; without Seldon-Puid. */
  readonly headers: readonly string[];
  /** Id of the prediction, legal as a header value. */
  readonly puid: string;
  /** Calls may go to a model together with those of other requests. */
  readonly mayBatch?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Stands for every node's name in paths and messages. */
  readonly modelName?: string | undefined;
}

/** What every call of a request carries. */
export function callHeaders(request: GraphRequest): readonly string[] {
  return request.headers.length === 0 ? [HEADER.puid, request.puid] : [HEADER.puid, request.puid, ...request.headers];
}
