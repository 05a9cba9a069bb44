import type { NodeFailureCode } from '../../../graph/failure-codes.ts';
import type { NodeMethod } from '../../../protocol/node-method.ts';
import type { Matcher } from '../compare/matcher.ts';
import type { Body } from './body.ts';

/** One test of a graph: a request, what the nodes answer, and what must come of it. */
export interface GraphTest {
  readonly name: string;
  /** Its place in the file's list. */
  readonly index: number;
  /** 1-based line in the file. */
  readonly line: number;
  readonly kind: 'request' | 'feedback';
  readonly body: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Stands for every node's name in paths and messages. */
  readonly modelName: string | undefined;
  /** Limit of one model call; undefined for the runner's own. */
  readonly timeoutMs: number | undefined;
  /** Draws of A/B tests in turn, in [0, 1); the last one stays. */
  readonly draws: readonly number[];
  /** By node. */
  readonly answers: ReadonlyMap<string, readonly ScriptedAnswer[]>;
  /** Undefined: nothing is written yet. */
  readonly expect: Expectation | undefined;
}

/** What a node answers to the calls that the answer is for. */
export interface ScriptedAnswer {
  readonly line: number;
  /** Only for this call, or this path. */
  readonly method: NodeMethod | undefined;
  readonly path: string | undefined;
  /** How many calls get it; Infinity for every one. */
  readonly times: number;
  /** From the file's own `nodes`: nobody minds when a test does not need it. */
  readonly isDefault: boolean;
  readonly delayMs: number;
  readonly reply: Reply | Breakdown;
}

export interface Reply {
  /** HTTP status, or name of a gRPC status. */
  readonly status: number | string;
  /** What gRPC says beside a status. */
  readonly details: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Body;
  readonly gzip: boolean;
}

/** How a node fails without an answer: nothing listens, it never answers, or it breaks the connection off. */
export type Breakdown = (typeof BREAKDOWNS)[number];
export const BREAKDOWNS = ['unreachable', 'timeout', 'reset'] as const;

export interface Expectation {
  readonly output: Body | undefined;
  readonly contentType: string | Matcher | undefined;
  readonly error: ExpectedError | undefined;
  /** Every call of the request, or those of the nodes that are named. */
  readonly calls: readonly ExpectedCall[] | ReadonlyMap<string, readonly ExpectedCall[]> | undefined;
  /** How far numbers may be from those in `output` and in the bodies of `calls`. */
  readonly tolerance: number;
}

/** What is left undefined is not looked at. */
export interface ExpectedError {
  readonly code: NodeFailureCode | undefined;
  readonly node: string | undefined;
  readonly status: number | string | undefined;
  /** Part of the message, or a matcher of it. */
  readonly message: string | Matcher | undefined;
  readonly response: Body | undefined;
}

/** What is left undefined is not looked at. */
export interface ExpectedCall {
  readonly node: string;
  readonly method: NodeMethod | undefined;
  readonly path: string | undefined;
  /** Values by name in lower case; null for a header that must not be there. */
  readonly headers: ReadonlyMap<string, string | Matcher | null>;
  readonly body: Body | undefined;
}
