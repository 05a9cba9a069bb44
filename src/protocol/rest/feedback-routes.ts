import { readableBody } from '../gunzip.ts';
import { isJson } from '../json/skip-value.ts';
import type { Payload } from '../payload.ts';

/**
 * The routes that the prediction took which this feedback is about, by node: `response.meta.routing` of the feedback message.
 * Empty where the message has none; feedback then goes to every child, as in Seldon Core 1.
 */
export function feedbackRoutes(feedback: Payload): ReadonlyMap<string, number> {
  const body = readableBody(feedback);
  const message: unknown = isJson(body) ? JSON.parse(body.toString()) : undefined;
  const routing = member(member(member(message, 'response'), 'meta'), 'routing');
  const routes = new Map<string, number>();
  if (typeof routing !== 'object' || routing === null) return routes;
  for (const [name, route] of Object.entries(routing)) {
    // Protobuf's JSON allows whole numbers as texts.
    const index = typeof route === 'string' && /^-?\d{1,10}$/.test(route) ? Number(route) : route;
    // A number that protobuf's int32 cannot hold is no route.
    if (typeof index === 'number' && index === (index | 0)) routes.set(name, index);
  }
  return routes;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
