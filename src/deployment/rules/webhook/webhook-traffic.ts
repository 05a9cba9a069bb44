import type { SeldonDeployment } from '../../seldon-deployment.ts';
import { error, type DeploymentProblem } from '../problem.ts';

/** Seldon's rules 18 to 21, and what they leave: traffic of one predictor is a share from 0 to 100. */
export function* traffic({ spec }: SeldonDeployment): Generator<DeploymentProblem> {
  let sum = 0;
  let shadows = 0;
  for (const [index, predictor] of spec.predictors.entries()) {
    const share = predictor.traffic ?? 0;
    const at = ['spec', 'predictors', index, 'traffic'];
    const isOutside = share < 0 || share > 100;
    if (!predictor.shadow) {
      sum += share;
      if (!isOutside) continue;
      const message = `traffic ${share} of predictor '${predictor.name}' is no share`;
      yield error({ rule: 'traffic', at, value: String(share), message, remedy: 'set it from 0 to 100' });
      continue;
    }
    shadows++;
    const shared = { path: 'spec', value: predictor.name };
    if (shadows > 1) {
      const message = `predictor '${predictor.name}' is a second shadow`;
      yield error({
        ...shared,
        rule: 'shadow-second',
        seldonRule: 18,
        at: ['spec', 'predictors', index, 'shadow'],
        message,
        remedy: 'keep one shadow',
      });
    }
    if (isOutside) {
      const message = `traffic ${share} of the shadow '${predictor.name}' is no share`;
      yield error({ ...shared, rule: 'shadow-traffic', seldonRule: 19, at, message, remedy: 'set it from 0 to 100' });
    }
  }
  const [first] = spec.predictors;
  if (first === undefined || sum === 100) return;
  const shared = { rule: 'traffic', path: 'spec', at: ['spec', 'predictors', 0, 'traffic'] };
  if (spec.predictors.length - shadows > 1) {
    const message = `the traffic of ${spec.predictors.length - shadows} predictors adds up to ${sum}, not to 100`;
    yield error({
      ...shared,
      seldonRule: 20,
      value: first.name,
      message,
      remedy: 'set traffic of each so that together they are 100',
    });
  } else if (spec.predictors.length === 1 && sum > 0 && sum < 100) {
    const message = `the only predictor has traffic ${sum}`;
    yield error({ ...shared, seldonRule: 21, value: first.name, message, remedy: 'remove traffic, or set it to 100' });
  }
}
