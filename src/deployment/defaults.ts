import { isDeepStrictEqual } from 'node:util';
import { defaultPredictor } from './defaults/predictor-defaults.ts';
import { PortNumbers, SELDON_FIRST_PORTS, type FirstPorts } from './defaults/port-numbers.ts';
import type { PredictorServers } from './predictor-servers.ts';
import type { Endpoint, PredictiveUnit, SeldonDeployment } from './seldon-deployment.ts';

export interface DefaultsOptions {
  /** Images of prepackaged servers; without an entry the image stays empty. */
  readonly servers?: PredictorServers;
  readonly firstPorts?: FirstPorts;
  readonly metricsPortName?: string;
  /** Time, in RFC 3339, for a component spec that has to be made; none when absent. */
  readonly creationTimestamp?: string;
}

const SEPARATE_ENGINE = 'seldon.io/engine-separate-pod';

/** Whether the orchestrator gets a pod of its own. Only `spec.annotations` counts. */
function hasSeparateEngine(deployment: SeldonDeployment): boolean {
  return deployment.spec.annotations?.[SEPARATE_ENGINE]?.toLowerCase() === 'true';
}

/**
 * The deployment with everything filled in that Seldon's operator fills in (1.17, `seldondeployment_types` defaults):
 * namespace, version labels, types, endpoints and ports, fields of the units' containers, containers of prepackaged
 * servers. The given document is not changed, and defaulting twice is the same as once.
 */
export function applyDefaults(deployment: SeldonDeployment, options: DefaultsOptions = {}): SeldonDeployment {
  const defaulted = fillIn(deployment, options);
  // Numbers go round in the order of declaration, where a container that was made the first time stands elsewhere now. If
  // all that would change are such numbers, the document has been through here already.
  return isDeepStrictEqual(withoutPorts(defaulted), withoutPorts(deployment)) ? deployment : defaulted;
}

function fillIn(deployment: SeldonDeployment, options: DefaultsOptions): SeldonDeployment {
  const { metadata, spec } = deployment;
  const namespace = metadata.namespace || 'default';
  const context = {
    name: metadata.name,
    namespace,
    protocol: spec.protocol,
    transport: spec.transport,
    hasSeparateEngine: hasSeparateEngine(deployment),
    ports: new PortNumbers(options.firstPorts ?? SELDON_FIRST_PORTS),
    metricsPortName: options.metricsPortName ?? 'metrics',
    servers: options.servers ?? {},
    creationTimestamp: options.creationTimestamp,
  };
  return {
    ...deployment,
    metadata: { ...metadata, namespace },
    spec: { ...spec, predictors: spec.predictors.map((predictor) => defaultPredictor(predictor, context)) },
  };
}

function withoutPorts(deployment: SeldonDeployment): SeldonDeployment {
  const predictors = deployment.spec.predictors.map((predictor) => ({
    ...predictor,
    graph: unitWithoutPorts(predictor.graph),
  }));
  return { ...deployment, spec: { ...deployment.spec, predictors } };
}

function unitWithoutPorts(unit: PredictiveUnit): PredictiveUnit {
  const { endpoint, children } = unit;
  const present = (port: number | undefined) => (port === undefined ? undefined : 0);
  const ports = (given: Endpoint): Endpoint => ({
    ...given,
    service_port: present(given.service_port),
    httpPort: present(given.httpPort),
    grpcPort: present(given.grpcPort),
  });
  return { ...unit, endpoint: endpoint && ports(endpoint), children: children?.map(unitWithoutPorts) };
}
