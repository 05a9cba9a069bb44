import { stringify } from 'yaml';
import type { PredictiveUnit, PredictorSpec } from '../../../../src/deployment/seldon-deployment.ts';
import type { NodeFailureCode } from '../../../../src/graph/failure-codes.ts';
import type { Protocol } from '../../../../src/protocol/payload.ts';

/** One rule of a case: what a node answers to the calls it matches. */
export interface ReplyRule {
  readonly path?: string;
  readonly times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyText?: string;
  readonly gzip?: boolean;
  readonly delaySeconds?: number;
}

export interface CaseCall {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly node: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly bodyText: string;
}

/** A worked case over REST, as test/cases/graph-cases.json has it. */
export interface WorkedCase {
  readonly id: string;
  readonly description: string;
  readonly entry: 'http' | 'grpc' | 'kafka';
  readonly protocol: Protocol | 'kfserving';
  readonly transport: 'rest' | 'grpc';
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly unreachableNodes?: readonly string[];
  readonly nodes: Readonly<Record<string, readonly ReplyRule[]>>;
  readonly input?: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyText?: string;
    readonly bodyBase64?: string;
  };
  readonly records?: readonly CaseRecord[];
  readonly calls: readonly CaseCall[];
  readonly parallel?: readonly (readonly string[])[];
  readonly output?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly bodyText?: string;
    readonly gunzip?: boolean;
  };
  readonly produced?: readonly { readonly valueText: string }[];
}

interface CaseRecord {
  readonly valueText: string | null;
  readonly headers: readonly (readonly [string, string])[];
}

/** What must come of one request of a case: its failure, or the calls and the output that the case says. */
export interface CaseRequest {
  readonly error?: NodeFailureCode;
  readonly calls: readonly CaseCall[];
  readonly output?: string;
}

/** The deployment of a case, as JSON. */
export function caseDeployment(one: Pick<WorkedCase, 'env' | 'deployment' | 'protocol' | 'transport'>): string {
  const { predictor } = one.deployment;
  const env = Object.entries(one.env ?? {}).map(([name, value]) => ({ name, value }));
  const spec = {
    protocol: one.protocol,
    transport: one.transport,
    predictors: [{ ...predictor, graph: explicitTypes(predictor.graph), svcOrchSpec: { env } }],
  };
  return JSON.stringify({
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: { name: 'dep' },
    spec,
  });
}

/** A test file with one test for each request of a case. */
export function caseTests(one: WorkedCase, requests: readonly CaseRequest[]): string {
  const tests = requests.map((request, index) => ({
    name: `${one.id} ${index + 1}`,
    ...input(one, index),
    nodes: nodes(one, index),
    expect: expectation(one, request),
  }));
  return stringify({ deployment: 'case.json', tests }, { lineWidth: 0, customTags: [textTag, base64Tag] });
}

/** The executor of the cases sees a document without the operator's defaults: a unit that says nothing gets no calls. */
function explicitTypes(unit: PredictiveUnit): PredictiveUnit {
  const { type, methods, implementation, children = [] } = unit;
  const saysNothing = type === undefined && methods === undefined && implementation === undefined;
  return { ...unit, ...(saysNothing && { type: 'UNKNOWN_TYPE' }), children: children.map(explicitTypes) };
}

function input({ input: http, records }: WorkedCase, index: number) {
  if (http === undefined) {
    const record = records?.[index];
    const headers: Record<string, string[]> = {};
    for (const [name, value] of record?.headers ?? []) (headers[name] ??= []).push(value);
    return { request: new Text(record?.valueText ?? ''), headers };
  }
  const named = /^\/v1\/models\/([^:/]+):|^\/v2\/models\/([^/]+)\/infer$/.exec(http.path);
  const modelName = named?.[1] ?? named?.[2];
  const body = http.bodyBase64 === undefined ? new Text(http.bodyText ?? '') : new Base64(http.bodyBase64);
  return {
    [http.path.endsWith('/feedback') ? 'feedback' : 'request']: body,
    // Over HTTP no content type is none; of a record it is JSON.
    headers: { 'Content-Type': '', ...http.headers },
    ...(modelName && { modelName }),
  };
}

function nodes(one: WorkedCase, request: number) {
  const named = Object.entries(one.nodes).map(([name, rules]) => [
    name,
    // Each request of a case calls a node once for each of its rules.
    rules.filter(({ times = Infinity }) => request < times).map((rule) => answer(one, name, rule)),
  ]);
  const unreachable = (one.unreachableNodes ?? []).map((name) => [name, { error: 'unreachable' }]);
  return Object.fromEntries([...named, ...unreachable]) as unknown;
}

function answer(one: WorkedCase, node: string, rule: ReplyRule) {
  const { path, status, headers = {}, bodyText, gzip = false, delaySeconds } = rule;
  // Calls side by side must be seen to overlap, also where one answers at once.
  const meets = one.parallel?.flat().some((id) => one.calls.some((call) => call.id === id && call.node === node));
  return {
    ...(path && { path }),
    status,
    ...(bodyText !== undefined && { answer: new Text(bodyText) }),
    headers: { 'Content-Type': '', ...withoutEncoding(headers) },
    ...(gzip && { gzip }),
    times: 'any',
    ...((meets || delaySeconds) && { delayMs: 100 + (delaySeconds ?? 0) * 250 }),
  };
}

/** An answer that is compressed says so by itself. */
function withoutEncoding(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'Content-Encoding'));
}

function expectation({ output }: WorkedCase, { error, calls, output: text }: CaseRequest) {
  const expectedCalls = calls.map(({ node, path, headers = {}, bodyText }) => ({
    node,
    path,
    headers,
    body: new Text(bodyText),
  }));
  if (error === undefined) {
    const contentType = output?.headers?.['Content-Type'];
    return {
      ...(text !== undefined && { output: new Text(text) }),
      ...(contentType !== undefined && { contentType }),
      calls: expectedCalls,
    };
  }
  // Seldon's own error replies are not ours; a model's status and body are the same for both.
  const ofModel = error === 'MODEL_STATUS' && output?.status !== undefined;
  const response = ofModel && output.bodyText !== undefined ? { response: new Text(output.bodyText) } : {};
  return { error: { code: error, ...(ofModel && { status: output.status }), ...response }, calls: expectedCalls };
}

class Text {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class Base64 extends Text {}

const textTag = {
  tag: '!text',
  identify: (value: unknown) => value instanceof Text && !(value instanceof Base64),
  resolve: (text: string) => text,
  stringify: ({ value }: { value: unknown }) => JSON.stringify((value as Text).text),
};

export const base64Tag = {
  tag: '!base64',
  identify: (value: unknown) => value instanceof Base64,
  resolve: (text: string) => text,
  stringify: ({ value }: { value: unknown }) => (value as Base64).text,
};
