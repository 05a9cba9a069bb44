import type { SeldonDeployment } from '../seldon-deployment.ts';

const PREFIX = 'seldon.io/engine-';

/**
 * Variables that annotations of the spec give to every orchestrator: `seldon.io/engine-log-level` becomes LOG_LEVEL. In the
 * order of their names; a variable of the predictor itself goes before one of these.
 */
export function engineAnnotations({ spec }: SeldonDeployment): { readonly name: string; readonly value: string }[] {
  return Object.entries(spec.annotations ?? {})
    .filter(([key]) => key.startsWith(PREFIX) && key !== `${PREFIX}separate-pod`)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => ({ name: key.slice(PREFIX.length).toUpperCase().replaceAll('-', '_'), value }));
}
