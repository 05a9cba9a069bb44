import { seldonDeployment } from '../parse/seldon-shapes.ts';
import type { SeldonDeployment } from '../seldon-deployment.ts';
import { warning, type DeploymentProblem } from './problem.ts';

/** Fields that Seldon's types do not have, mostly misspelt: Kubernetes drops them without a word. What is in pods is not looked at. */
export function unknownFields(deployment: SeldonDeployment): DeploymentProblem[] {
  const found: DeploymentProblem[] = [];
  seldonDeployment(deployment, [], ({ at, message, remedy, isUnknownField }) => {
    if (isUnknownField) found.push(warning({ rule: 'unknown-field', at, message, remedy }));
  });
  return found;
}
