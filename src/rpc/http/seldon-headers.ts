import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLegalValue } from '../../protocol/headers.ts';

/** Whose answers they are, for `Ce-Type` and `Ce-Source`. */
export interface ServedDeployment {
  readonly deploymentName: string;
  readonly namespace: string;
}

export interface CorsOptions {
  readonly allowedOrigins: string;
  readonly allowedHeaders: string;
}

/** The id of the prediction: the request's own (the first of several), or a new one. */
export function puidOf(headers: NodeJS.Dict<string[]>): string {
  const puid = headers['seldon-puid']?.[0];
  return puid && isLegalValue(puid) ? puid : randomUUID();
}

/**
 * The headers that Seldon's executor puts on the answer of every routed path (not on 404 and 405), name and value in turn: the id of
 * the prediction, `nosniff`, CORS, and for a request that is a CloudEvent those of one.
 */
export class SeldonHeaders {
  readonly #fixed: readonly string[];
  readonly #deployment: ServedDeployment;

  constructor(cors: CorsOptions, deployment: ServedDeployment) {
    this.#deployment = deployment;
    this.#fixed = [
      ...['X-Content-Type-Options', 'nosniff'],
      ...['Access-Control-Allow-Origin', cors.allowedOrigins],
      ...['Access-Control-Allow-Headers', cors.allowedHeaders],
    ];
  }

  /** @param methods what CORS allows on this path; empty for nothing to say */
  for(headers: IncomingHttpHeaders, puid: string, path: string, methods: string): string[] {
    const all = ['Seldon-Puid', puid, ...this.#fixed];
    if (methods !== '') all.push('Access-Control-Allow-Methods', methods);
    if (headers['ce-specversion'] !== undefined) all.push(...this.#cloudEvent(puid, path));
    return all;
  }

  #cloudEvent(puid: string, path: string): string[] {
    const { deploymentName, namespace } = this.#deployment;
    return [
      ...['Ce-Id', puid, 'Ce-Specversion', '0.3', 'Ce-Path', encodeURI(path)],
      ...['Ce-Type', `seldon.${deploymentName}.${namespace}.response`, 'Ce-Source', `seldon.${deploymentName}`],
    ];
  }
}
