import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../cases/operator');

/** A deployment and what Seldon's operator 1.17.1 made of it. */
export interface GoldenCase {
  readonly name: string;
  readonly yaml: string;
  readonly validation: { readonly allowed: boolean; readonly message?: string };
  readonly defaultedSpec: unknown;
}

interface Expected {
  readonly validation: GoldenCase['validation'];
  readonly defaultedSpec: unknown;
  readonly enginePredictorJson?: unknown;
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const expected = (name: string): Expected => JSON.parse(read(name)) as Expected;

export function goldenCases(): GoldenCase[] {
  return globSync('*.yaml', { cwd: folder })
    .sort()
    .map((file) => {
      const name = file.replace('.yaml', '');
      const { validation, defaultedSpec } = expected(`${name}.expected.json`);
      return { name, yaml: read(file), validation, defaultedSpec };
    });
}

/** Every ENGINE_PREDICTOR, decoded. */
export function goldenPredictors(): string[] {
  return globSync('*.expected.json', { cwd: folder }).flatMap((file) =>
    Object.values(expected(file).enginePredictorJson ?? {}).filter((json) => typeof json === 'string'),
  );
}

export interface ValidationCase {
  readonly case: string;
  readonly seldonDeployment: unknown;
  readonly allowed: boolean;
  readonly message?: string;
}

export function validationCases(): ValidationCase[] {
  return JSON.parse(read('validation-cases.json')) as ValidationCase[];
}
