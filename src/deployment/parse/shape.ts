import { formatPath, type Path } from '../path.ts';
import { nearest, useOneOf } from '../../base/nearest.ts';
import { isObject } from '../../base/json-object.ts';

export interface ShapeProblem {
  readonly at: Path;
  readonly message: string;
  readonly remedy: string;
  /** Nothing is wrong with the form: there is a field that nobody reads. */
  readonly isUnknownField?: true;
}

/** Checks that a value has the form of `T`; problems go to `report`, and then the result means nothing. */
export type Shape<T> = (value: unknown, at: Path, report: (problem: ShapeProblem) => void) => T | undefined;

export interface RequiredField<T> {
  readonly required: Shape<T>;
}

/** Every field that the type has must be listed, and exactly those that the type requires must be marked so. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Shape<Exclude<T[K], undefined>> : RequiredField<T[K]>;
};

export const required = <T>(shape: Shape<T>): RequiredField<T> => ({ required: shape });

/**
 * An object with the given fields. Others pass as they are. A known field that is null counts as absent, as it does for
 * Kubernetes. Own properties only: a key such as `__proto__` is a key like any other.
 */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const shapes = new Map<string, { readonly shape: Shape<unknown>; readonly isRequired: boolean }>();
  for (const [name, field] of Object.entries<Shape<unknown> | RequiredField<unknown>>(fields)) {
    if (typeof field === 'function') shapes.set(name, { shape: field, isRequired: false });
    else shapes.set(name, { shape: field.required, isRequired: true });
  }
  return (value, at, report) => {
    if (!isObject(value)) {
      report({
        at,
        message: `${describe(value)}, where an object (fields and values) is expected`,
        remedy: 'write its fields below it, one a line and indented',
      });
      return undefined;
    }
    const entries: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(value)) {
      const known = shapes.get(key);
      if (known === undefined) entries.push([key, inner]);
      else if (inner !== null && inner !== undefined) entries.push([key, known.shape(inner, [...at, key], report)]);
    }
    for (const [name, { isRequired }] of shapes) {
      if (!isRequired || (Object.hasOwn(value, name) && value[name] !== null)) continue;
      const unknown = Object.keys(value).filter((key) => !shapes.has(key));
      const misspelt = nearest(name, unknown);
      const add = `add ${name}${at.length > 0 ? ` to ${formatPath(at)}` : ''}`;
      const remedy = misspelt === undefined ? add : `is '${misspelt}' meant to be it? write ${name}`;
      report({ at: [...at, name], message: 'is missing', remedy });
    }
    return Object.fromEntries(entries) as T;
  };
}

/** The same, for a type of Seldon's own, whose fields are all known: others pass too, and are reported as unknown. */
export function closed<T extends object>(fields: Fields<T>): Shape<T> {
  const shape = object(fields);
  const known = Object.keys(fields);
  return (value, at, report) => {
    for (const name of isObject(value) ? Object.keys(value) : []) {
      if (Object.hasOwn(fields, name)) continue;
      const message = `Seldon has no field '${name.slice(0, 60)}' here: nothing reads it`;
      report({ at: [...at, name], message, remedy: useOneOf(name, known), isUnknownField: true });
    }
    return shape(value, at, report);
  };
}

export function list<T>(element: Shape<T>): Shape<readonly T[]> {
  return (value, at, report) => {
    if (!Array.isArray(value)) {
      report({
        at,
        message: `${describe(value)}, where a list is expected`,
        remedy: "begin each of its elements with '- '",
      });
      return undefined;
    }
    return value.map((inner: unknown, index) => element(inner, [...at, index], report)) as T[];
  };
}

/** An object whose keys are free and whose values are all of one form, such as annotations. */
export function mapOf<T>(element: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at, report) => {
    if (!isObject(value)) {
      report({
        at,
        message: `${describe(value)}, where names and values are expected`,
        remedy: "write them as 'name: value', one a line",
      });
      return undefined;
    }
    const entries = Object.entries(value).filter(([, inner]) => inner !== null);
    return Object.fromEntries(entries.map(([key, inner]) => [key, element(inner, [...at, key], report)])) as Record<
      string,
      T
    >;
  };
}

// The value itself is not shown: the text that was meant may be a password, such as 1234.
export const text: Shape<string> = (value, at, report) => {
  if (typeof value === 'string') return value;
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  report({
    at,
    message: `${scalar ? `a ${typeof value}` : describe(value)}, where text is expected`,
    remedy: scalar ? 'put the value in quotes' : 'write one value, in quotes if it holds special characters',
  });
  return undefined;
};

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

export const wholeNumber: Shape<number> = (value, at, report) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX) return value;
  const quoted = typeof value === 'string' && /^-?\d+$/.test(value);
  const remedy = quoted ? `write ${value} without quotes` : 'write digits only, such as 1';
  report({
    at,
    message: `${describe(value)}, where a whole number from ${INT32_MIN} to ${INT32_MAX} is expected`,
    remedy,
  });
  return undefined;
};

export const trueOrFalse: Shape<boolean> = (value, at, report) => {
  if (typeof value === 'boolean') return value;
  report({
    at,
    message: `${describe(value)}, where true or false is expected`,
    remedy: 'write true or false, without quotes',
  });
  return undefined;
};

/** Kubernetes' IntOrString and quantities: a number or text. */
export const numberOrText: Shape<number | string> = (value, at, report) => {
  if (typeof value === 'number' || typeof value === 'string') return value;
  report({
    at,
    message: `${describe(value)}, where a number or text is expected`,
    remedy: 'write one value, such as 1 or "50%"',
  });
  return undefined;
};

export const anything: Shape<unknown> = (value) => value;

/** A shape that refers to itself is looked up when it is used. */
export const lazy =
  <T>(shape: () => Shape<T>): Shape<T> =>
  (value, at, report) =>
    shape()(value, at, report);

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const shown = String(value);
  return typeof value === 'string' ? `'${shown.slice(0, 60)}'` : shown;
}
