import type { Payload, Protocol } from '../../protocol/payload.ts';
import { chainMessage } from '../../protocol/rest/chain.ts';
import { combineMessages } from '../../protocol/rest/combine.ts';
import { feedbackRoutes } from '../../protocol/rest/feedback-routes.ts';
import { readRoute } from '../../protocol/rest/route-answer.ts';
import { injectRouting } from '../../protocol/rest/routing-injection.ts';
import type { MessageRules } from './message-rules.ts';

/** The rules of JSON messages over HTTP. */
export function restRules(protocol: Protocol): MessageRules {
  return {
    accept: unchanged,
    chainReads: protocol !== 'seldon',
    chain: (message) => chainMessage(protocol, message),
    routeRequest: unchanged,
    combine: combineMessages,
    readRoute,
    injectRouting,
    isFeedback: () => false,
    feedbackRoutes,
  };
}

function unchanged(message: Payload): Payload {
  return message;
}
