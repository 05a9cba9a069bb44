import { containerOf, isPrepackaged, unitsOf } from '../graph-units.ts';
import { containerServiceName } from '../names.ts';
import type { Container } from '../pod-spec.ts';
import { serverImage, type PredictorServers } from '../predictor-servers.ts';
import type { ComponentSpec, Endpoint, PredictiveUnit, PredictorSpec } from '../seldon-deployment.ts';
import { defaultContainer, PODINFO_MOUNT, portNamed } from './container-defaults.ts';
import { defaultUnit, withEndpoints } from './graph-defaults.ts';
import type { PortNumbers } from './port-numbers.ts';

/** What the defaults of one predictor take from the deployment around it. */
export interface DeploymentContext {
  readonly name: string;
  readonly namespace: string;
  readonly protocol: string | undefined;
  readonly transport: string | undefined;
  readonly hasSeparateEngine: boolean;
  readonly ports: PortNumbers;
  readonly metricsPortName: string;
  readonly servers: PredictorServers;
  readonly creationTimestamp: string | undefined;
}

interface Defaulted {
  readonly container: Container;
  readonly endpoint: Endpoint;
}

/** A predictor as Seldon's webhook leaves it: units with their types, methods and ports, containers with what they need for these. */
export function defaultPredictor(given: PredictorSpec, context: DeploymentContext): PredictorSpec {
  const graph = defaultUnit(given.graph);
  const units = new Map<string, PredictiveUnit>();
  for (const { unit } of unitsOf(graph)) if (!units.has(unit.name)) units.set(unit.name, unit);
  const endpoints = new Map<string, Endpoint>();

  const ofUnit = (unit: PredictiveUnit, container: Container, component: number): Container => {
    const defaulted = defaultPlaced(unit, withImage(unit, container, context), component, given.name, context);
    endpoints.set(unit.name, defaulted.endpoint);
    return defaulted.container;
  };

  let components: readonly ComponentSpec[] = (given.componentSpecs ?? []).map((component, index) => {
    if (component.spec === undefined) return component;
    const containers = component.spec.containers.map((container) => {
      const unit = units.get(container.name);
      if (unit !== undefined) return ofUnit(unit, container, index);
      context.ports.forContainer(container.name); // a side-car uses up a number, as it does in Seldon
      return container;
    });
    return { ...component, spec: { ...component.spec, containers } };
  });
  for (const unit of units.values()) {
    if (!isPrepackaged(unit) || containerOf(given, unit.name) !== undefined) continue;
    const made = ofUnit(unit, { name: unit.name, volumeMounts: [PODINFO_MOUNT] }, 0);
    components = withContainer(components, made, context.creationTimestamp);
  }
  return {
    ...given,
    labels: { ...given.labels, version: given.labels?.['version'] ?? given.name },
    graph: withEndpoints(graph, endpoints),
    ...(components.length === 0 ? {} : { componentSpecs: components }),
  };
}

function defaultPlaced(
  unit: PredictiveUnit,
  container: Container,
  component: number,
  predictor: string,
  context: DeploymentContext,
): Defaulted {
  const numbers = context.ports.forContainer(container.name);
  const httpPort = portNamed(container, 'http') ?? numbers.http;
  const grpcPort = portNamed(container, 'grpc') ?? numbers.grpc;
  const isLocal = component === 0 && !context.hasSeparateEngine;
  const service = containerServiceName(context.name, predictor, container.name);
  return {
    container: defaultContainer(container, context.metricsPortName, () => context.ports.nextMetrics()),
    endpoint: {
      service_host: isLocal ? 'localhost' : `${service}.${context.namespace}.svc.cluster.local`,
      service_port: unit.endpoint?.type === 'GRPC' || context.transport === 'grpc' ? grpcPort : httpPort,
      httpPort,
      grpcPort,
    },
  };
}

// In protocol tensorflow the image is chosen later, together with the server's arguments.
function withImage(unit: PredictiveUnit, container: Container, context: DeploymentContext): Container {
  if (!isPrepackaged(unit) || container.image || context.protocol === 'tensorflow') return container;
  const image = serverImage(context.servers, unit.implementation ?? '', context.protocol);
  return image === undefined ? container : { ...container, image };
}

function withContainer(
  components: readonly ComponentSpec[],
  container: Container,
  creationTimestamp: string | undefined,
): readonly ComponentSpec[] {
  const [first, ...rest] = components;
  if (first === undefined) {
    const metadata = creationTimestamp === undefined ? {} : { creationTimestamp };
    return [{ metadata, spec: { containers: [container] } }];
  }
  return [{ ...first, spec: { ...first.spec, containers: [...(first.spec?.containers ?? []), container] } }, ...rest];
}
