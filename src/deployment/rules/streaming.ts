import { unitsOf } from '../graph-units.ts';
import { KAFKA_REQUIRED, type PredictorSpec, type SeldonDeployment } from '../seldon-deployment.ts';
import { literal } from './kafka-values.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';
import { NO_ENGINE } from './webhook/webhook-predictors.ts';

/** Deployments that look as if they consumed a stream, or split one, and do not. */
export function* streaming({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  const isKafka = spec.serverType === 'kafka';
  for (const [index, predictor] of spec.predictors.entries()) {
    const at = ['spec', 'predictors', index];
    const env = predictor.svcOrchSpec?.env ?? [];
    const kafkaAt = env.findIndex(({ name }) => KAFKA_REQUIRED.some((required) => required === name));
    if (!isKafka && kafkaAt >= 0) {
      const message = `${env[kafkaAt]?.name} is set, and serverType is not kafka: nothing would be consumed`;
      yield warning({
        rule: 'server-type',
        at: [...at, 'svcOrchSpec', 'env', kafkaAt],
        message,
        remedy: 'set spec.serverType: kafka',
      });
    }
    const isSingle = [...unitsOf(predictor.graph)].length === 1;
    if (isKafka && isSingle && predictor.annotations?.[NO_ENGINE] === 'true') {
      yield error({
        rule: 'no-engine-kafka',
        at: [...at, 'annotations', NO_ENGINE],
        value: 'true',
        message: `annotation ${NO_ENGINE} leaves the orchestrator out, and it is the one that reads Kafka: nothing would be consumed`,
        remedy: 'remove the annotation',
      });
    }
    if (isKafka && spec.predictors.slice(0, index).some((earlier) => mayShareInput(earlier, predictor))) {
      yield warning({
        rule: 'every-record-twice',
        at: [...at, 'name'],
        value: predictor.name,
        message: `predictor '${predictor.name}' has a consumer group of its own, so it gets every record, as the others do; traffic and shadow do not split a Kafka stream`,
        remedy: 'give it topics of its own, or expect one prediction of each predictor for every record',
      });
    }
  }
}

function mayShareInput(left: PredictorSpec, right: PredictorSpec): boolean {
  const [one, other] = [left, right].map(({ svcOrchSpec }) => {
    const variable = svcOrchSpec?.env?.findLast(({ name }) => name === 'KAFKA_INPUT_TOPIC');
    return variable === undefined ? undefined : literal({ variable, at: [] });
  });
  return one === undefined || other === undefined || one === other;
}
