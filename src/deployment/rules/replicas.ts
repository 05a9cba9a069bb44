import type { Path } from '../path.ts';
import type { SeldonDeployment } from '../seldon-deployment.ts';
import { error, warning, type DeploymentProblem } from './problem.ts';

/** Replica counts that cannot be, or that leave the stream unread. */
export function* replicaCounts({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  yield* count(spec.replicas, ['spec', 'replicas'], spec.serverType);
  for (const [index, predictor] of spec.predictors.entries()) {
    const at = ['spec', 'predictors', index];
    yield* count(predictor.replicas, [...at, 'replicas'], spec.serverType);
    yield* count(predictor.svcOrchSpec?.replicas, [...at, 'svcOrchSpec', 'replicas'], spec.serverType);
    for (const [place, component] of (predictor.componentSpecs ?? []).entries()) {
      const here = [...at, 'componentSpecs', place];
      yield* count(component.replicas, [...here, 'replicas'], spec.serverType);
      const { hpaSpec, kedaSpec } = component;
      if (hpaSpec !== undefined && kedaSpec !== undefined) {
        const message = 'hpaSpec beside kedaSpec has no effect';
        yield warning({ rule: 'two-scalers', at: [...here, 'hpaSpec'], message, remedy: 'keep one of the two' });
      }
      if (hpaSpec !== undefined && (hpaSpec.minReplicas ?? 1) > hpaSpec.maxReplicas) {
        const message = `minReplicas ${hpaSpec.minReplicas} is more than maxReplicas ${hpaSpec.maxReplicas}`;
        yield error({
          rule: 'replicas',
          at: [...here, 'hpaSpec', 'minReplicas'],
          message,
          remedy: 'swap them or raise maxReplicas',
        });
      }
    }
  }
}

function* count(replicas: number | undefined, at: Path, serverType: string | undefined): Generator<DeploymentProblem> {
  if (replicas === undefined) return;
  const value = String(replicas);
  if (replicas < 0) {
    yield error({ rule: 'replicas', at, value, message: `${replicas} replicas cannot be`, remedy: 'write 0 or more' });
  } else if (replicas === 0 && serverType === 'kafka') {
    yield warning({
      rule: 'replicas',
      at,
      value,
      message: 'with 0 replicas nothing is consumed',
      remedy: 'write 1 or more',
    });
  }
}
