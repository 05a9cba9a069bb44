import { unitsOf } from '../../../deployment/graph-units.ts';
import { formatPath } from '../../../deployment/path.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { UNIT_METHODS, UNIT_TYPES, type PredictiveUnit } from '../../../deployment/seldon-deployment.ts';

/**
 * What to tell of types and methods that do not exist. Seldon Core 1's executor passes over them in silence and runs the rest of the
 * graph, so they do not stop the start; `validate` says that they are wrong.
 */
export function unknownWords(graph: PredictiveUnit): string[] {
  const warnings: string[] = [];
  for (const { unit, at } of unitsOf(graph)) {
    const { name, type, methods = [] } = unit;
    const told = (field: readonly (string | number)[], what: string, word: string, known: readonly string[]) => {
      if (word === '' || known.includes(word)) return;
      const place = formatPath(['graph', ...at, ...field]);
      warnings.push(
        `${place}: ${what} '${word}' does not exist, so unit '${name}' gets no calls by it; ${useOneOf(word, known)}`,
      );
    };
    told(['type'], 'type', type ?? '', UNIT_TYPES);
    for (const [index, method] of methods.entries()) told(['methods', index], 'method', method, UNIT_METHODS);
  }
  return warnings;
}
