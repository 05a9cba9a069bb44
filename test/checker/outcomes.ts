import { headerOf, placeOf, type Evidence, type WitnessedRecord } from './evidence.ts';

/** What may become of an input. */
export interface Expected {
  /** The only result that it may have; undefined: it may have none. */
  readonly result: Buffer | undefined;
  /** Codes of error records that it may have. */
  readonly errorCodes: readonly string[];
}

export interface Outcomes {
  /** By place of the input: its results and error records, in the order of their topics' partitions. */
  readonly byInput: ReadonlyMap<string, readonly WitnessedRecord[]>;
  /** What belongs to no input, or is not what its input must get: where it stands and what is wrong with it. */
  readonly foreign: readonly string[];
}

/**
 * Finds the input of each result and error record by its `millrace-source` header, and looks whether it fits.
 *
 * @param expect what may become of an input; without it only the key has to be the input's
 */
export function matchOutcomes(evidence: Evidence, expect?: (input: WitnessedRecord) => Expected): Outcomes {
  const inputs = new Map(evidence.inputs.map((record) => [`${record.topic}/${placeOf(record)}`, record]));
  const byInput = new Map<string, WitnessedRecord[]>();
  const foreign: string[] = [];
  const match = (record: WitnessedRecord, fault: (input: WitnessedRecord) => string | undefined) => {
    const source = headerOf(record, 'millrace-source');
    const input = inputs.get(source ?? '');
    const wrong = input === undefined ? `its source is ${source ?? 'not named'}` : fault(input);
    if (input === undefined || wrong !== undefined) {
      foreign.push(`${record.topic}/${placeOf(record)}: ${wrong}`);
      return;
    }
    const own = byInput.get(placeOf(input));
    if (own === undefined) byInput.set(placeOf(input), [record]);
    else own.push(record);
  };
  for (const record of evidence.results) {
    match(record, (input) => (expect ? faultOfResult(input, record, expect(input)) : faultOfKey(input, record)));
  }
  for (const record of evidence.errors) {
    match(record, (input) => (expect ? faultOfError(input, record, expect(input)) : faultOfKey(input, record)));
  }
  return { byInput, foreign };
}

function faultOfKey(input: WitnessedRecord, record: WitnessedRecord): string | undefined {
  return same(input.key, record.key) ? undefined : `it has another key than ${placeOf(input)}`;
}

function faultOfResult(input: WitnessedRecord, result: WitnessedRecord, expected: Expected): string | undefined {
  const what = `result of ${placeOf(input)}`;
  if (expected.result === undefined) return `${what}, which the model refuses`;
  if (!same(input.key, result.key)) return `${what} with another key`;
  if (!same(expected.result, result.value)) return `${what} is not the model's answer to it`;
  return faultOfHeaders(what, input, result);
}

function faultOfError(input: WitnessedRecord, error: WitnessedRecord, expected: Expected): string | undefined {
  const code = headerOf(error, 'millrace-error-code') ?? 'none';
  const what = `error record of ${placeOf(input)}, code ${code}`;
  if (!expected.errorCodes.includes(code)) return `${what}: ${headerOf(error, 'millrace-error-message')}`;
  const leftOut = headerOf(error, 'millrace-error-value-left-out');
  if (leftOut !== undefined) {
    // Too large for its topic: the value stays in the input topic, and the record says how long it is.
    if (leftOut !== `${input.value?.length ?? 0} bytes`) return `${what}, left out ${leftOut}`;
    return error.value === null ? undefined : `${what}, which has the value that it calls left out`;
  }
  if (!same(input.key, error.key)) return `${what} with another key`;
  if (!same(input.value, error.value)) return `${what} with another value`;
  return faultOfHeaders(what, input, error);
}

function faultOfHeaders(what: string, input: WitnessedRecord, record: WitnessedRecord): string | undefined {
  const missing = input.headers.find(([name, value]) => headerOf(record, name) !== value);
  return missing === undefined ? undefined : `${what} has lost the header '${missing[0]}'`;
}

function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
