import type { NodeMethod } from '../node-method.ts';
import type { Protocol } from '../payload.ts';

const SELDON = {
  predict: '/predict',
  'transform-input': '/transform-input',
  'transform-output': '/transform-output',
  route: '/route',
  aggregate: '/aggregate',
  'send-feedback': '/send-feedback',
  status: '/health/status',
  metadata: '/metadata',
} as const;

// What follows the name of the model.
const TENSORFLOW = {
  predict: ':predict',
  'transform-input': ':predict',
  'transform-output': ':predict',
  route: ':route',
  aggregate: ':aggregate',
  'send-feedback': ':send-feedback',
  status: '',
  metadata: '/metadata',
} as const;

const V2 = {
  predict: '/infer',
  'transform-input': '/infer',
  'transform-output': '/infer',
  route: '/route',
  aggregate: '/aggregate',
  'send-feedback': '/send-feedback',
  status: '/ready',
  metadata: '',
} as const;

/** Path of a node's call over HTTP, as Seldon Core 1 sends it. The tensorflow and v2 protocols have no call for feedback. */
export function restPath(protocol: Protocol, step: NodeMethod, modelName: string): string {
  switch (protocol) {
    case 'seldon':
      return SELDON[step];
    case 'tensorflow':
      return `/v1/models/${escapePath(modelName)}${TENSORFLOW[step]}`;
    case 'v2':
      return `/v2/models/${escapePath(modelName)}${V2[step]}`;
  }
}

/** Path of a node's own health check (full health checks); undefined where a TCP connection has to do (tensorflow). */
export function healthPath(protocol: Protocol): string | undefined {
  switch (protocol) {
    case 'seldon':
      return '/api/v1.0/health/status';
    case 'tensorflow':
      return undefined;
    case 'v2':
      return '/v2/health/ready';
  }
}

/** Escapes what may not stand in a path; slashes stay, as in Go's URLs. */
function escapePath(name: string): string {
  return encodeURI(name.toWellFormed()).replaceAll('?', '%3F').replaceAll('#', '%23');
}
