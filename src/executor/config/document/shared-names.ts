import { formatPath } from '../../../deployment/path.ts';
import { repeatedUnits } from '../../../deployment/repeated-units.ts';
import type { PredictiveUnit } from '../../../deployment/seldon-deployment.ts';

/** What to tell of units that share a name. Those that clash stop the start, in `compileGraph`. */
export function sharedNames(graph: PredictiveUnit): string[] {
  return [...repeatedUnits(graph)].map(({ first, again }) => {
    const [here, there] = [again, first].map(({ at }) => formatPath(['graph', ...at]));
    return `${here} and ${there} are both named '${again.unit.name}': they are taken for calls of one model server`;
  });
}
