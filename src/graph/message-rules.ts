import type { Payload, Protocol } from '../protocol/payload.ts';
import { chainMessage } from '../protocol/rest/chain.ts';
import { combineMessages } from '../protocol/rest/combine.ts';
import { readRoute } from '../protocol/rest/route-answer.ts';
import { injectRouting } from '../protocol/rest/routing-injection.ts';

/** What the steps of a graph do to messages. Each throws a `MessageError` for a message that it cannot use. */
export interface MessageRules {
  /** The message for a transform-input, predict or transform-output call, of what has come so far. */
  chain(message: Payload): Payload;
  /** The message for an aggregate call. */
  combine(answers: readonly Payload[]): Payload;
  /** Index of the child that a router's answer names, -1 for all, -2 for none; not yet checked against the children. */
  readRoute(answer: Payload): number;
  injectRouting(message: Payload, routes: ReadonlyMap<string, number>): Payload;
}

/** The rules of JSON messages over HTTP. */
export function restRules(protocol: Protocol): MessageRules {
  return { chain: (message) => chainMessage(protocol, message), combine: combineMessages, readRoute, injectRouting };
}
