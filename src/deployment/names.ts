import { createHash } from 'node:crypto';

// Seldon Core 1.17's names. Whatever would be longer than a Kubernetes label allows is replaced by its MD5, so that a
// deployment that is taken over from Seldon keeps its objects.

const MAX_NAME_LENGTH = 63;

const hash = (name: string): string => createHash('md5').update(name).digest('hex');
const shortened = (name: string): string => (name.length > MAX_NAME_LENGTH ? `seldon-${hash(name)}` : name);

/** The Kafka consumer group of a predictor. It never changes: the group's offsets are the place in the stream. */
export function consumerGroup(predictor: string, deployment: string, namespace: string): string {
  return `${predictor}.${deployment}.${namespace}`;
}

/** Value of the label `seldon-deployment-id`. */
export const seldonId = (deployment: string): string => shortened(deployment);

/**
 * Service of a predictor and value of its label `seldon-app`.
 *
 * @param override the predictor's annotation `seldon.io/svc-name`, used as it is
 */
export function predictorServiceName(deployment: string, predictor: string, override?: string): string {
  return override || shortened(`${deployment}-${predictor}`);
}

export interface ComponentNaming {
  /** `metadata.name` of the component spec. */
  readonly name?: string | undefined;
  /** Its containers after defaulting, in order. */
  readonly containers: readonly string[];
  /** DEPLOYMENT_NAME_AS_PREFIX: keep the deployment's name in front of the hash where it fits. */
  readonly keepPrefix?: boolean;
}

/** Deployment (and HPA, PDB, ScaledObject) of the component spec at `index`. */
export function componentDeploymentName(
  deployment: string,
  predictor: string,
  index: number,
  naming: ComponentNaming,
): string {
  const name = `${deployment}-${predictor}-${index}-${naming.name || naming.containers.join('-')}`;
  if (name.length <= MAX_NAME_LENGTH) return name;
  const prefixed = `${deployment}-${hash(name)}`;
  return naming.keepPrefix && prefixed.length <= MAX_NAME_LENGTH ? prefixed : shortened(name);
}

/** Deployment of an orchestrator that runs in a pod of its own. */
export const engineDeploymentName = (deployment: string, predictor: string): string =>
  shortened(`${deployment}-${predictor}-svc-orch`);

/** Service of one container of the graph. */
export const containerServiceName = (deployment: string, predictor: string, container: string): string =>
  shortened(`${deployment}-${predictor}-${container}`);

/** Deployment and Service of a predictor's explainer. */
export const explainerName = (deployment: string, predictor: string): string =>
  shortened(`${deployment}-${predictor}-explainer`);
