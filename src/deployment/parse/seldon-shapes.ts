import type {
  ComponentSpec,
  Endpoint,
  Explainer,
  HpaSpec,
  KedaSpec,
  KedaTrigger,
  Parameter,
  PdbSpec,
  PredictiveUnit,
  PredictorSpec,
  SeldonDeployment,
  SeldonDeploymentSpec,
  SvcOrchSpec,
  UnitLogger,
} from '../seldon-deployment.ts';
import { envVar, namedMetadata, partialContainer, podMetadata, podSpec, resourceRequirements } from './pod-shapes.ts';
import {
  anything,
  closed,
  lazy,
  list,
  mapOf,
  numberOrText,
  required,
  text,
  trueOrFalse,
  wholeNumber,
  type Shape,
} from './shape.ts';

const endpoint: Shape<Endpoint> = closed<Endpoint>({
  service_host: text,
  service_port: wholeNumber,
  type: text,
  httpPort: wholeNumber,
  grpcPort: wholeNumber,
});

const predictiveUnit: Shape<PredictiveUnit> = closed<PredictiveUnit>({
  name: required(text),
  children: list(lazy(() => predictiveUnit)),
  type: text,
  implementation: text,
  methods: list(text),
  endpoint,
  parameters: list(closed<Parameter>({ name: required(text), value: required(text), type: required(text) })),
  modelUri: text,
  serviceAccountName: text,
  envSecretRefName: text,
  storageInitializerImage: text,
  logger: closed<UnitLogger>({ url: text, mode: text }),
});

const kedaTrigger: Shape<KedaTrigger> = closed<KedaTrigger>({
  type: required(text),
  name: text,
  metadata: required(mapOf(text)),
  authenticationRef: closed<{ readonly name: string; readonly kind?: string }>({ name: required(text), kind: text }),
  metricType: text,
  useCachedMetrics: trueOrFalse,
});

const componentSpec: Shape<ComponentSpec> = closed<ComponentSpec>({
  metadata: podMetadata,
  spec: podSpec,
  replicas: wholeNumber,
  hpaSpec: closed<HpaSpec>({
    minReplicas: wholeNumber,
    maxReplicas: required(wholeNumber),
    metrics: list(anything),
    metricsv2: list(anything),
  }),
  kedaSpec: closed<KedaSpec>({
    pollingInterval: wholeNumber,
    cooldownPeriod: wholeNumber,
    minReplicaCount: wholeNumber,
    maxReplicaCount: wholeNumber,
    idleReplicaCount: wholeNumber,
    advanced: anything,
    fallback: anything,
    triggers: required(list(kedaTrigger)),
  }),
  pdbSpec: closed<PdbSpec>({ minAvailable: numberOrText, maxUnavailable: numberOrText }),
});

/** One predictor: an element of `spec.predictors`, and what ENGINE_PREDICTOR holds. */
export const predictorSpec: Shape<PredictorSpec> = closed<PredictorSpec>({
  name: required(text),
  graph: required(predictiveUnit),
  componentSpecs: list(componentSpec),
  replicas: wholeNumber,
  annotations: mapOf(text),
  labels: mapOf(text),
  svcOrchSpec: closed<SvcOrchSpec>({ resources: resourceRequirements, env: list(envVar), replicas: wholeNumber }),
  traffic: wholeNumber,
  shadow: trueOrFalse,
  explainer: closed<Explainer>({
    type: text,
    modelUri: text,
    serviceAccountName: text,
    containerSpec: partialContainer,
    config: mapOf(text),
    endpoint,
    envSecretRefName: text,
    storageInitializerImage: text,
    replicas: wholeNumber,
    initParameters: text,
  }),
  ssl: closed<{ readonly certSecretName?: string }>({ certSecretName: text }),
  progressDeadlineSeconds: wholeNumber,
  engineResources: resourceRequirements,
});

export const seldonDeployment: Shape<SeldonDeployment> = closed<SeldonDeployment>({
  apiVersion: required(text),
  kind: required(text),
  metadata: required(namedMetadata),
  spec: required(
    closed<SeldonDeploymentSpec>({
      name: text,
      predictors: required(list(predictorSpec)),
      annotations: mapOf(text),
      protocol: text,
      transport: text,
      serverType: text,
      replicas: wholeNumber,
      oauth_key: text,
      oauth_secret: text,
    }),
  ),
  status: anything,
});
