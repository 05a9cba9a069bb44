/** How far a sum of probabilities may be from 1: the model counts in 32-bit floats. */
const SUM_TOLERANCE = 1e-3;

/** What one result says: a probability for each class. Or why it is no such thing. */
export type Prediction =
  { readonly ok: true; readonly probabilities: readonly number[] } | { readonly ok: false; readonly problem: string };

/** Reads `{"predictions": [[...]]}`, the answer of the tensorflow protocol to one instance, for a model of `classes` classes. */
export function readPrediction(value: Buffer | null, classes: number): Prediction {
  let body: unknown;
  try {
    body = JSON.parse(value?.toString() ?? '');
  } catch {
    return { ok: false, problem: 'is not JSON' };
  }
  const rows = body !== null && typeof body === 'object' && 'predictions' in body ? body.predictions : undefined;
  if (!Array.isArray(rows)) return { ok: false, problem: "has no list 'predictions'" };
  const row: unknown = rows[0];
  if (rows.length !== 1) return { ok: false, problem: `has ${rows.length} predictions instead of one` };
  if (!Array.isArray(row) || row.length !== classes)
    return { ok: false, problem: `is not a list of ${classes} numbers` };
  if (!row.every((number): number is number => typeof number === 'number' && number >= 0 && number <= 1)) {
    return { ok: false, problem: 'holds something that is no probability' };
  }
  const sum = row.reduce((total, number) => total + number, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE) return { ok: false, problem: `holds probabilities with the sum ${sum}` };
  return { ok: true, probabilities: row };
}

/** The class that is most likely. */
export function likeliest(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** Whether two answers to the same request agree, but for the rounding of 32-bit floats. */
export function agree(a: readonly number[], b: readonly number[]): boolean {
  return a.every((number, i) => Math.abs(number - (b[i] ?? Infinity)) <= SUM_TOLERANCE);
}
