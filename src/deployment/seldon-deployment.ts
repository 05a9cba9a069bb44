import type { Container, EnvVar, ObjectMeta, PodSpec, ResourceRequirements } from './pod-spec.ts';

// Seldon's document, field names as upstream spells them. v1, v1alpha2 and v1alpha3 are the same types under another
// apiVersion. Words such as `type` or `protocol` are plain strings here: parsing keeps what was written, validation judges it.

export const API_GROUP = 'machinelearning.seldon.io';
export const API_VERSIONS = [`${API_GROUP}/v1`, `${API_GROUP}/v1alpha2`, `${API_GROUP}/v1alpha3`] as const;
export const KIND = 'SeldonDeployment';

export const PROTOCOLS = ['seldon', 'tensorflow', 'v2', 'kfserving'] as const;
export const TRANSPORTS = ['rest', 'grpc'] as const;
export const SERVER_TYPES = ['rpc', 'kafka'] as const;
export const UNIT_TYPES = ['UNKNOWN_TYPE', 'ROUTER', 'COMBINER', 'MODEL', 'TRANSFORMER', 'OUTPUT_TRANSFORMER'] as const;
export const UNIT_METHODS = ['TRANSFORM_INPUT', 'TRANSFORM_OUTPUT', 'ROUTE', 'AGGREGATE', 'SEND_FEEDBACK'] as const;
/** Implementations that are not model servers; any other word names a prepackaged server. */
export const BUILT_IN_IMPLEMENTATIONS = [
  'UNKNOWN_IMPLEMENTATION',
  'SIMPLE_MODEL',
  'SIMPLE_ROUTER',
  'RANDOM_ABTEST',
  'AVERAGE_COMBINER',
] as const;
export const PARAMETER_TYPES = ['INT', 'FLOAT', 'DOUBLE', 'STRING', 'BOOL'] as const;
export const ENDPOINT_TYPES = ['REST', 'GRPC'] as const;
/** What `serverType: kafka` needs in `svcOrchSpec.env`. */
export const KAFKA_REQUIRED = ['KAFKA_BROKER', 'KAFKA_INPUT_TOPIC', 'KAFKA_OUTPUT_TOPIC'] as const;
export const LOGGER_MODES = ['all', 'request', 'response'] as const;

export interface SeldonDeployment {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly spec: SeldonDeploymentSpec;
  readonly status?: unknown;
}

export interface SeldonDeploymentSpec {
  readonly name?: string;
  readonly predictors: readonly PredictorSpec[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly protocol?: string;
  readonly transport?: string;
  readonly serverType?: string;
  readonly replicas?: number;
  readonly oauth_key?: string;
  readonly oauth_secret?: string;
}

export interface PredictorSpec {
  readonly name: string;
  readonly graph: PredictiveUnit;
  readonly componentSpecs?: readonly ComponentSpec[];
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly svcOrchSpec?: SvcOrchSpec;
  readonly traffic?: number;
  readonly shadow?: boolean;
  readonly explainer?: Explainer;
  readonly ssl?: { readonly certSecretName?: string };
  readonly progressDeadlineSeconds?: number;
  readonly engineResources?: ResourceRequirements;
}

export interface SvcOrchSpec {
  readonly resources?: ResourceRequirements;
  readonly env?: readonly EnvVar[];
  readonly replicas?: number;
}

export interface ComponentSpec {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
  readonly replicas?: number;
  readonly hpaSpec?: HpaSpec;
  readonly kedaSpec?: KedaSpec;
  readonly pdbSpec?: PdbSpec;
}

export interface HpaSpec {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly metrics?: readonly unknown[];
  readonly metricsv2?: readonly unknown[];
}

export interface PdbSpec {
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
}

export interface KedaSpec {
  readonly pollingInterval?: number;
  readonly cooldownPeriod?: number;
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
  readonly idleReplicaCount?: number;
  readonly advanced?: unknown;
  readonly fallback?: unknown;
  readonly triggers: readonly KedaTrigger[];
}

export interface KedaTrigger {
  readonly type: string;
  readonly name?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef?: { readonly name: string; readonly kind?: string };
  readonly metricType?: string;
  readonly useCachedMetrics?: boolean;
}

export interface PredictiveUnit {
  readonly name: string;
  readonly children?: readonly PredictiveUnit[];
  readonly type?: string;
  readonly implementation?: string;
  readonly methods?: readonly string[];
  readonly endpoint?: Endpoint;
  readonly parameters?: readonly Parameter[];
  readonly modelUri?: string;
  readonly serviceAccountName?: string;
  readonly envSecretRefName?: string;
  readonly storageInitializerImage?: string;
  readonly logger?: UnitLogger;
}

export interface Endpoint {
  readonly service_host?: string;
  readonly service_port?: number;
  readonly type?: string;
  readonly httpPort?: number;
  readonly grpcPort?: number;
}

/** Values are text whatever the type says. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly type: string;
}

export interface UnitLogger {
  readonly url?: string;
  readonly mode?: string;
}

export interface Explainer {
  readonly type?: string;
  readonly modelUri?: string;
  readonly serviceAccountName?: string;
  readonly containerSpec?: Partial<Container>;
  readonly config?: Readonly<Record<string, string>>;
  readonly endpoint?: Endpoint;
  readonly envSecretRefName?: string;
  readonly storageInitializerImage?: string;
  readonly replicas?: number;
  readonly initParameters?: string;
}
