import { anything, list, mapOf, required, text, trueOrFalse, type Shape } from '../../../deployment/parse/shape.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { FAILURE_CODES, type NodeFailureCode } from '../../../graph/failure-codes.ts';
import type { NodeMethod } from '../../../protocol/node-method.ts';
import { isMatcher, type Matcher } from '../compare/matcher.ts';
import { GRPC_STATUSES } from '../protobuf/grpc-status-code.ts';
import { closedObject } from './closed-object.ts';
import { BREAKDOWNS, type Breakdown } from './graph-test.ts';

// The file as a person writes it: checked for its form, not yet for its sense.

export type OneOrMany<T> = T | readonly T[];
export type Headers = Readonly<Record<string, OneOrMany<string>>>;

export interface WrittenFile {
  readonly deployment?: string;
  readonly deploymentName?: string;
  readonly predictor?: string;
  readonly nodes?: WrittenNodes;
  readonly tests: readonly WrittenTest[];
}

export interface WrittenTest {
  readonly name: string;
  readonly request?: unknown;
  readonly feedback?: unknown;
  readonly headers?: Headers;
  readonly modelName?: string;
  readonly timeoutMs?: number;
  readonly draw?: OneOrMany<number>;
  readonly nodes?: WrittenNodes;
  readonly expect?: WrittenExpectation;
}

export type WrittenNodes = Readonly<Record<string, OneOrMany<WrittenAnswer>>>;

export interface WrittenAnswer {
  readonly answer?: unknown;
  readonly status?: number | string;
  readonly details?: string;
  readonly headers?: Headers;
  readonly gzip?: boolean;
  readonly error?: Breakdown;
  readonly delayMs?: number;
  readonly method?: NodeMethod;
  readonly path?: string;
  readonly times?: number | 'any';
}

export interface WrittenExpectation {
  readonly output?: unknown;
  readonly contentType?: string | Matcher;
  readonly error?: NodeFailureCode | WrittenError;
  readonly calls?: readonly (string | WrittenCall)[] | Readonly<Record<string, readonly NodeCallText[]>>;
  readonly tolerance?: number;
}

export interface WrittenError {
  readonly code?: NodeFailureCode;
  readonly node?: string;
  readonly status?: number | string;
  readonly message?: string | Matcher;
  readonly response?: unknown;
}

/** A call of a node that is named around it. */
export interface NodeCallText {
  readonly method?: NodeMethod;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | Matcher | null>>;
  readonly body?: unknown;
}

export interface WrittenCall extends NodeCallText {
  readonly node: string;
}

const METHODS = [
  'predict',
  'transform-input',
  'transform-output',
  'route',
  'aggregate',
  'send-feedback',
] as const satisfies readonly NodeMethod[];
const CODES: readonly NodeFailureCode[] = [...new Set(Object.values(FAILURE_CODES))];
const LONGEST_MS = 600_000;

function word<W extends string>(...known: readonly W[]): Shape<W> {
  return (value, at, report) => {
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    const remedy = typeof value === 'string' ? useOneOf(value, known) : `write one of ${known.join(', ')}`;
    report({ at, message: `'${String(value).slice(0, 60)}' is not known here`, remedy });
    return undefined;
  };
}

function numberFrom(min: number, max: number, below = false): Shape<number> {
  return (value, at, report) => {
    if (typeof value === 'number' && value >= min && (below ? value < max : value <= max)) return value;
    const range = `a number from ${min} ${below ? 'to less than' : 'to'} ${max}`;
    report({ at, message: `'${String(value).slice(0, 60)}' is not ${range}`, remedy: `write ${range}` });
    return undefined;
  };
}

function oneOrMany<T>(shape: Shape<T>): Shape<OneOrMany<T>> {
  const many = list(shape);
  return (value, at, report) => (Array.isArray(value) ? many(value, at, report) : shape(value, at, report));
}

const textOrMatcher: Shape<string | Matcher> = (value, at, report) =>
  isMatcher(value) ? value : text(value, at, report);

const headers: Shape<Headers> = mapOf(oneOrMany(text));

const expectedHeaders: Shape<Readonly<Record<string, string | Matcher | null>>> = (value, at, report) => {
  // mapOf takes null for absent; here it says that the header must be.
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, unknown>>);
  const present = Object.fromEntries(entries.filter(([, one]) => one !== null));
  const checked = mapOf(textOrMatcher)(entries.length === 0 ? value : present, at, report);
  return checked && Object.fromEntries(entries.map(([name]) => [name, checked[name] ?? null]));
};

const times: Shape<number | 'any'> = (value, at, report) => {
  if (value === 'any' || (Number.isInteger(value) && Number(value) >= 1)) return value as number | 'any';
  report({ at, message: `'${String(value).slice(0, 60)}' is no number of calls`, remedy: "write 1, 2 ... or 'any'" });
  return undefined;
};

const httpStatus = numberFrom(200, 599);
const grpcStatus = word(...GRPC_STATUSES);

const statusOrName: Shape<number | string> = (value, at, report) =>
  typeof value === 'string' ? grpcStatus(value, at, report) : httpStatus(value, at, report);

const answer: Shape<WrittenAnswer> = closedObject<WrittenAnswer>({
  answer: anything,
  status: statusOrName,
  details: text,
  headers,
  gzip: trueOrFalse,
  error: word(...BREAKDOWNS),
  delayMs: numberFrom(0, LONGEST_MS),
  method: word(...METHODS),
  path: text,
  times,
});

const nodes: Shape<WrittenNodes> = mapOf(oneOrMany(answer));

const callFields = { method: word(...METHODS), path: text, headers: expectedHeaders, body: anything };
const nodeCall: Shape<NodeCallText> = closedObject<NodeCallText>(callFields);
const fullCall: Shape<WrittenCall> = closedObject<WrittenCall>({ node: required(text), ...callFields });
const call: Shape<string | WrittenCall> = (value, at, report) =>
  typeof value === 'string' ? value : fullCall(value, at, report);

const error: Shape<WrittenError> = closedObject<WrittenError>({
  code: word(...CODES),
  node: text,
  status: statusOrName,
  message: textOrMatcher,
  response: anything,
});

const expectation: Shape<WrittenExpectation> = closedObject<WrittenExpectation>({
  output: anything,
  contentType: textOrMatcher,
  error: (value, at, report) =>
    typeof value === 'string' ? word(...CODES)(value, at, report) : error(value, at, report),
  calls: (value, at, report) =>
    Array.isArray(value) ? list(call)(value, at, report) : mapOf(list(nodeCall))(value, at, report),
  tolerance: numberFrom(0, Number.MAX_VALUE),
});

const test: Shape<WrittenTest> = closedObject<WrittenTest>({
  name: required(text),
  request: anything,
  feedback: anything,
  headers,
  modelName: text,
  timeoutMs: numberFrom(1, LONGEST_MS),
  draw: oneOrMany(numberFrom(0, 1, true)),
  nodes,
  expect: expectation,
});

/** What a file of graph tests may hold; other fields are refused by name. */
export const writtenFile: Shape<WrittenFile> = closedObject<WrittenFile>({
  deployment: text,
  deploymentName: text,
  predictor: text,
  nodes,
  tests: required(list(test)),
});
