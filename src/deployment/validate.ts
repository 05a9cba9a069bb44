import type { OptionSpecs } from '../base/options.ts';
import type { PredictorServers } from './predictor-servers.ts';
import { graphWords } from './rules/graph-words.ts';
import { kafkaSettings } from './rules/kafka-variables.ts';
import { kedaScaling } from './rules/keda.ts';
import { objectNames } from './rules/object-names.ts';
import type { DeploymentProblem } from './rules/problem.ts';
import { replicaCounts } from './rules/replicas.ts';
import { streaming } from './rules/streaming.ts';
import { kafkaVariables, predictorItself, predictorSet } from './rules/webhook/webhook-predictors.ts';
import { endpointTypes, specWords } from './rules/webhook/webhook-spec.ts';
import { traffic } from './rules/webhook/webhook-traffic.ts';
import { unknownFields } from './rules/unknown-fields.ts';
import { graphUnits } from './rules/webhook/webhook-units.ts';
import type { SeldonDeployment } from './seldon-deployment.ts';

export type { DeploymentProblem, Severity } from './rules/problem.ts';

export interface ValidateOptions {
  /** The operator's table of prepackaged servers; without it their names are not checked against one. */
  readonly servers?: PredictorServers;
  /** Options that are read from the orchestrator's environment: their names and forms. */
  readonly kafkaOptions?: readonly OptionSpecs[];
}

/**
 * Everything that is wrong with a well-formed deployment, on the document as it was written. First the rules of Seldon Core
 * 1.17's webhook, in its order; then what it leaves unchecked. Never throws.
 */
export function validateDeployment(deployment: SeldonDeployment, options: ValidateOptions = {}): DeploymentProblem[] {
  return [...seldonRules(deployment, options), ...ownRules(deployment, options)];
}

function* seldonRules(deployment: SeldonDeployment, options: ValidateOptions): Generator<DeploymentProblem> {
  yield* specWords(deployment);
  yield* kafkaVariables(deployment);
  yield* predictorSet(deployment);
  const names = new Set<string>();
  for (const [index, predictor] of deployment.spec.predictors.entries()) {
    yield* predictorItself(predictor, index, names);
    names.add(predictor.name);
    yield* graphUnits(deployment.spec, predictor, index, options.servers);
  }
  yield* endpointTypes(deployment);
  yield* traffic(deployment);
}

function* ownRules(deployment: SeldonDeployment, options: ValidateOptions): Generator<DeploymentProblem> {
  const { spec } = deployment;
  yield* unknownFields(deployment);
  yield* objectNames(deployment);
  yield* replicaCounts(deployment);
  yield* streaming(deployment);
  for (const [index, predictor] of spec.predictors.entries()) {
    yield* graphWords(predictor, index, options.servers);
    if (spec.serverType === 'kafka') yield* kafkaSettings(predictor, index, options.kafkaOptions ?? []);
    yield* kedaScaling(deployment, predictor, index);
  }
}
