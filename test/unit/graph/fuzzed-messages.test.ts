// What the steps of a graph do to messages must end well or with a MessageError, whatever the bytes are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcRules } from '../../../src/graph/rules/grpc-rules.ts';
import type { MessageRules } from '../../../src/graph/rules/message-rules.ts';
import { restRules } from '../../../src/graph/rules/rest-rules.ts';
import { MESSAGE } from '../../../src/protocol/grpc/methods.ts';
import { checkWire } from '../../../src/protocol/grpc/wire/wire-cursor.ts';
import { MessageError } from '../../../src/protocol/message-error.ts';
import { PROTOBUF_TYPE, type Payload } from '../../../src/protocol/payload.ts';
import { COMBINATIONS, nameOf, type Combination } from '../../fuzz/combination.ts';
import { JSON_ANSWERS, JSON_ROUTES } from '../../fuzz/corpus/json-messages.ts';
import { PROTOBUF_ANSWERS, PROTOBUF_ROUTES, type NamedMessage } from '../../fuzz/corpus/protobuf-messages.ts';
import { goodRequest, mutateMessage } from '../../fuzz/mutations/message.ts';
import { Seeded } from '../../simulation/seeded.ts';

const MESSAGES = 17_000;
const ROUTES = new Map([
  ['router', 1],
  ['__proto__', -1],
]);

/** Undefined where the message cannot be used; any other error is a fault of ours. */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

interface Fuzzed {
  readonly message: Payload;
  readonly answers: readonly Payload[];
  readonly route: Payload;
}

function fuzzed(combination: Combination, random: Seeded): Fuzzed {
  const { protocol, transport } = combination;
  const isGrpc = transport === 'grpc';
  const [answers, routes] = isGrpc
    ? [PROTOBUF_ANSWERS[protocol], PROTOBUF_ROUTES[protocol]]
    : [JSON_ANSWERS[protocol].map(unnamed), JSON_ROUTES.map(unnamed)];
  const payload = ({ name, bytes }: NamedMessage, chance: number): Payload => {
    const body = random.chance(chance) ? mutateMessage(bytes, combination, random) : bytes;
    if (!isGrpc) return { body, contentType: 'application/json', contentEncoding: '' };
    return { body, contentType: PROTOBUF_TYPE, contentEncoding: '', messageName: name };
  };
  const named = random.chance(0.05) ? { ...goodRequest(combination, random), name: anyName(random) } : undefined;
  return {
    message: payload(named ?? (random.chance(0.5) ? goodRequest(combination, random) : random.pick(answers)), 0.9),
    answers: Array.from({ length: random.between(1, 3) }, () => payload(random.pick(answers), 0.3)),
    route: payload(random.pick(routes), 0.8),
  };
}

const unnamed = (bytes: Buffer): NamedMessage => ({ name: '', bytes });
const anyName = (random: Seeded) => random.pick([...Object.values(MESSAGE), '', '__proto__', 'toString']);

/** One message through every step; what comes out of a step must be such a message again, where what went in was one. */
function runSteps(rules: MessageRules, { transport }: Combination, { message, answers, route }: Fuzzed): void {
  const check = transport === 'grpc' ? isWire : isJson;
  const known = new Map<Buffer, boolean>();
  const isGood = (payload: Payload) => {
    const good = known.get(payload.body) ?? check(payload);
    known.set(payload.body, good);
    return good;
  };
  const sound = (made: Payload | undefined, ...of: readonly Payload[]) => {
    if (made !== undefined && of.every(isGood)) assert.ok(isGood(made), 'a step has made what is no message');
  };
  const accepted = attempt(() => rules.accept(message));
  sound(
    attempt(() => rules.chain(accepted ?? message, 'model')),
    message,
  );
  sound(
    attempt(() => rules.routeRequest(accepted ?? message, 'router')),
    message,
  );
  sound(
    attempt(() => rules.combine(answers, 'combiner')),
    ...answers,
  );
  sound(
    attempt(() => rules.chain(answers[0] ?? message, 'model')),
    ...answers,
  );
  sound(rules.injectRouting(message, ROUTES), message);
  const branch = attempt(() => rules.readRoute(route));
  assert.ok(branch === undefined || Number.isFinite(branch), `a route is ${branch}`);
  const routes = attempt(() => rules.feedbackRoutes(message));
  for (const taken of routes?.values() ?? []) assert.ok(Number.isInteger(taken), `a route of feedback is ${taken}`);
  assert.equal(typeof rules.isFeedback(message), 'boolean');
}

function isJson({ body }: Payload): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

function isWire({ body }: Payload): boolean {
  return attempt(() => checkWire(body) ?? true) === true;
}

for (const combination of COMBINATIONS) {
  test(`${MESSAGES} mutated messages of ${nameOf(combination)} through every step of a graph`, (context) => {
    const { stackTraceLimit } = Error;
    context.after(() => (Error.stackTraceLimit = stackTraceLimit));
    const rules = combination.transport === 'grpc' ? grpcRules(combination.protocol) : restRules(combination.protocol);
    for (let seed = 1; seed <= MESSAGES; seed++) {
      const input = fuzzed(combination, new Seeded(seed));
      try {
        // Most of the time would go into the stacks of errors that nobody looks at.
        Error.stackTraceLimit = 0;
        runSteps(rules, combination, input);
      } catch {
        Error.stackTraceLimit = stackTraceLimit;
        const what = `seed ${seed}: ${shown(input.message)}, route ${shown(input.route)}`;
        assert.doesNotThrow(() => runSteps(rules, combination, input), what);
      }
    }
  });
}

function shown({ body, messageName }: Payload): string {
  return `${messageName ?? ''} ${JSON.stringify(body.toString('latin1').slice(0, 200))} of ${body.length} bytes`;
}
