import { consumerGroup } from '../names.ts';
import type { Path } from '../path.ts';
import type { KedaSpec, KedaTrigger, PredictorSpec, SeldonDeployment } from '../seldon-deployment.ts';
import { literal } from './kafka-values.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';

/** KEDA settings that KEDA would refuse (errors), or that watch another stream than the one that is read (warnings). */
export function* kedaScaling(
  deployment: SeldonDeployment,
  predictor: PredictorSpec,
  index: number,
): Generator<DeploymentProblem> {
  for (const [place, { kedaSpec }] of (predictor.componentSpecs ?? []).entries()) {
    if (kedaSpec === undefined) continue;
    const at: Path = ['spec', 'predictors', index, 'componentSpecs', place, 'kedaSpec'];
    yield* replicaBounds(kedaSpec, at);
    if (kedaSpec.triggers.length === 0) {
      yield error({
        rule: 'keda',
        at: [...at, 'triggers'],
        message: 'there are no triggers',
        remedy: 'add one of type kafka',
      });
    }
    for (const [number, trigger] of kedaSpec.triggers.entries()) {
      if (trigger.type !== 'kafka' && trigger.type !== 'apache-kafka') continue;
      yield* kafkaTrigger(trigger, [...at, 'triggers', number, 'metadata'], deployment, predictor);
    }
  }
}

function* replicaBounds(keda: KedaSpec, at: Path): Generator<DeploymentProblem> {
  const { minReplicaCount = 0, maxReplicaCount = 100, idleReplicaCount } = keda;
  for (const name of [
    'minReplicaCount',
    'maxReplicaCount',
    'idleReplicaCount',
    'pollingInterval',
    'cooldownPeriod',
  ] as const) {
    const value = keda[name] ?? 0;
    if (value < 0)
      yield error({
        rule: 'keda',
        at: [...at, name],
        value: String(value),
        message: `${value} cannot be`,
        remedy: 'write 0 or more',
      });
  }
  if (minReplicaCount > maxReplicaCount) {
    const message = `minReplicaCount ${minReplicaCount} is more than maxReplicaCount ${maxReplicaCount}`;
    yield error({
      rule: 'keda',
      at: [...at, 'minReplicaCount'],
      message,
      remedy: 'swap them or raise maxReplicaCount',
    });
  }
  if (idleReplicaCount !== undefined && idleReplicaCount >= minReplicaCount) {
    const message = `idleReplicaCount ${idleReplicaCount} is not below minReplicaCount ${minReplicaCount}`;
    yield error({
      rule: 'keda',
      at: [...at, 'idleReplicaCount'],
      message,
      remedy: 'set idleReplicaCount: 0 and minReplicaCount to 1 or more',
    });
  }
}

function* kafkaTrigger(
  { metadata }: KedaTrigger,
  at: Path,
  { metadata: { name, namespace } }: SeldonDeployment,
  predictor: PredictorSpec,
): Generator<DeploymentProblem> {
  for (const field of ['bootstrapServers', 'consumerGroup']) {
    if (metadata[field] || metadata[`${field}FromEnv`]) continue;
    const message = `${field} is missing, and KEDA needs it`;
    yield error({
      rule: 'keda',
      at: [...at, field],
      message,
      remedy: `add ${field}${field === 'consumerGroup' ? `: ${consumerGroup(predictor.name, name, namespace || 'NAMESPACE')}` : ''}`,
    });
  }
  const group = metadata['consumerGroup'];
  const expected = consumerGroup(predictor.name, name, namespace || '<namespace>');
  const isOurs = namespace ? group === expected : group?.startsWith(consumerGroup(predictor.name, name, ''));
  if (group && !isOurs) {
    const message = `KEDA would watch the group '${group}', and the predictor consumes as '${expected}'`;
    yield warning({
      rule: 'keda-group',
      at: [...at, 'consumerGroup'],
      value: group,
      message,
      remedy: `set consumerGroup: ${expected}`,
    });
  }
  const topic = metadata['topic'];
  const env = predictor.svcOrchSpec?.env ?? [];
  const variable = env.findLast((candidate) => candidate.name === 'KAFKA_INPUT_TOPIC');
  const input = variable === undefined ? undefined : literal({ variable, at });
  if (topic && input !== undefined && topic !== input) {
    const message = `KEDA would watch the topic '${topic}', and the predictor reads '${input}'`;
    yield warning({ rule: 'keda-topic', at: [...at, 'topic'], value: topic, message, remedy: `set topic: ${input}` });
  }
  const threshold = metadata['lagThreshold'];
  if (threshold !== undefined && !(/^\d+$/.test(threshold) && Number(threshold) > 0)) {
    const message = `lagThreshold '${threshold}' is not a positive whole number`;
    yield error({
      rule: 'keda',
      at: [...at, 'lagThreshold'],
      value: threshold,
      message,
      remedy: 'set it to the lag that one replica may have, such as "50"',
    });
  }
}
