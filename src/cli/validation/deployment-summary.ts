import { consumerGroup } from '../../deployment/names.ts';
import type { PredictorSpec, SeldonDeployment } from '../../deployment/seldon-deployment.ts';

/** What a deployment is, in short. */
export interface DeploymentSummary {
  readonly name: string;
  readonly namespace: string;
  readonly protocol: string;
  readonly transport: string;
  readonly serverType: string;
  readonly predictors: readonly PredictorSummary[];
}

export interface PredictorSummary {
  readonly name: string;
  readonly replicas: number;
  /** Root unit of its graph. */
  readonly graph: string;
  /** For Kafka only. Topics that come from secrets or references are not known here. */
  readonly inputTopic?: string;
  readonly outputTopic?: string;
  readonly consumerGroup?: string;
}

/** What `millrace validate` says of a deployment, with the defaults of what it leaves out. */
export function summarise(deployment: SeldonDeployment): DeploymentSummary {
  const { metadata, spec } = deployment;
  return {
    name: metadata.name,
    namespace: metadata.namespace || 'default',
    protocol: spec.protocol || 'seldon',
    transport: spec.transport || 'rest',
    serverType: spec.serverType || 'rpc',
    predictors: spec.predictors.map((predictor) => summarisePredictor(predictor, deployment)),
  };
}

function summarisePredictor(predictor: PredictorSpec, { metadata, spec }: SeldonDeployment): PredictorSummary {
  const replicas = predictor.replicas ?? spec.replicas ?? 1;
  const summary = { name: predictor.name, replicas, graph: predictor.graph.name };
  if (spec.serverType !== 'kafka') return summary;
  return {
    ...summary,
    ...topic(predictor, 'inputTopic', 'KAFKA_INPUT_TOPIC'),
    ...topic(predictor, 'outputTopic', 'KAFKA_OUTPUT_TOPIC'),
    consumerGroup: consumerGroup(predictor.name, metadata.name, metadata.namespace || 'default'),
  };
}

function topic(predictor: PredictorSpec, field: 'inputTopic' | 'outputTopic', name: string): Partial<PredictorSummary> {
  const value = predictor.svcOrchSpec?.env?.findLast((variable) => variable.name === name)?.value;
  return value === undefined || value === '' ? {} : { [field]: value };
}
