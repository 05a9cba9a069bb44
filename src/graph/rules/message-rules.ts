import type { Payload } from '../../protocol/payload.ts';

/** What the steps of a graph do to messages. Each throws a `MessageError` for a message that it cannot use. */
export interface MessageRules {
  /** The request as it enters the graph: complete, and of a kind that the protocol has. */
  accept(request: Payload): Payload;
  /** Whether `chain` looks into the message; else it passes packed ones as they are. */
  readonly chainReads: boolean;
  /** The message for a transform-input, predict or transform-output call, of what has come so far. */
  chain(message: Payload, modelName: string): Payload;
  /** The message for a route call, of what has come so far. */
  routeRequest(message: Payload, modelName: string): Payload;
  /** The message for an aggregate call. */
  combine(answers: readonly Payload[], modelName: string): Payload;
  /** Index of the child that a router's answer names, -1 for all, -2 for none; not yet checked against the children. */
  readRoute(answer: Payload): number;
  injectRouting(message: Payload, routes: ReadonlyMap<string, number>): Payload;
  /** Whether the name of an accepted request says that it is feedback. JSON has no names. */
  isFeedback(request: Payload): boolean;
  /** The routes that the prediction took which the feedback is about, by node. */
  feedbackRoutes(feedback: Payload): ReadonlyMap<string, number>;
}
