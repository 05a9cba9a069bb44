import { mapOf, required, text, wholeNumber, type Shape } from '../../deployment/parse/shape.ts';
import { closedObject } from '../graph-test/format/closed-object.ts';

/** A `demo.yaml` as a person writes it: checked for its form, not yet for its sense. */
export interface WrittenExample {
  readonly about: string;
  readonly deployment?: string;
  readonly deploymentName?: string;
  readonly predictor?: string;
  readonly requests?: string;
  readonly grpcRequests?: string;
  readonly truth?: string;
  readonly protoName?: string;
  readonly payloadLog?: string;
  readonly expectErrors?: number;
  /** Arguments of `millrace model-server`, by node. */
  readonly nodes: Readonly<Record<string, string>>;
}

const count: Shape<number> = (value, at, report) => {
  const number = wholeNumber(value, at, report);
  if (number === undefined || number >= 0) return number;
  report({ at, message: `${number} is no number of error records`, remedy: 'write 0 or more' });
  return undefined;
};

/** What an example.yaml may hold; other fields are refused by name. */
export const writtenExample: Shape<WrittenExample> = closedObject<WrittenExample>({
  about: required(text),
  deployment: text,
  deploymentName: text,
  predictor: text,
  requests: text,
  grpcRequests: text,
  truth: text,
  protoName: text,
  payloadLog: text,
  expectErrors: count,
  nodes: required(mapOf(text)),
});
