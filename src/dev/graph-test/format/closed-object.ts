import { object, type Fields, type Shape } from '../../../deployment/parse/shape.ts';
import { useOneOf } from '../../../base/nearest.ts';

/** An object with the given fields and no others: a misspelt field must not be a check that is never made. */
export function closedObject<T extends object>(fields: Fields<T>): Shape<T> {
  const names = Object.keys(fields);
  const shape = object<T>(fields);
  return (value, at, report) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const key of Object.keys(value)) {
        if (names.includes(key)) continue;
        report({ at: [...at, key], message: `there is no field '${key}' here`, remedy: useOneOf(key, names) });
      }
    }
    return shape(value, at, report);
  };
}
