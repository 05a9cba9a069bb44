import { errorText } from '../../../base/errors.ts';
import { createExecutor } from '../../../graph/execute.ts';
import type { NodeEndpoint } from '../../../graph/model-client.ts';
import { NodeError } from '../../../graph/node-error.ts';
import { createGrpcClient } from '../../../models/grpc/grpc-client.ts';
import { createRestClient } from '../../../models/rest/rest-client.ts';
import { callMismatches } from '../compare/call-mismatches.ts';
import type { Mismatch } from '../compare/mismatch.ts';
import { outcomeMismatches, type Outcome } from '../compare/outcome-mismatches.ts';
import type { GraphTest } from '../format/graph-test.ts';
import type { TestedGraph } from '../format/tested-graph.ts';
import { announcingClient } from './announcing-client.ts';
import { CallLog } from './call-log.ts';
import { inGraphOrder } from './call-order.ts';
import { GrpcNodes } from './grpc-nodes.ts';
import { NodeScript } from './node-script.ts';
import type { PlayedNodes } from './played-nodes.ts';
import { RestNodes } from './rest-nodes.ts';
import type { SeenCall } from './seen-call.ts';
import { testRequest } from './test-request.ts';

export interface TestResult {
  readonly test: GraphTest;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly mismatches: readonly Mismatch[];
  /** What the author should know though the test may have passed. */
  readonly notes: readonly string[];
  /** Undefined when Millrace itself failed. */
  readonly outcome: Outcome | undefined;
  /** In the order of the graph. */
  readonly calls: readonly SeenCall[];
  /** Whether every call had an answer: else the outcome means nothing. */
  readonly isAnswered: boolean;
}

const CALL_LIMIT_MS = 5_000;
// Enough for a loaded machine, short enough for a person who waits.
const SILENCE_LIMIT_MS = 500;
/** Nothing listens there: port 1 belongs to a service that nobody runs. */
const NOWHERE: NodeEndpoint = { host: '127.0.0.1', port: 1 };

/** Runs one test: the graph as a predictor runs it, its real client, and servers on this machine for the nodes. */
export async function runGraphTest(tested: TestedGraph, test: GraphTest): Promise<TestResult> {
  const startedAt = performance.now();
  const scripts = new Map([...test.answers].map(([node, answers]) => [node, new NodeScript(answers)]));
  const log = new CallLog(scripts);
  const nodes = tested.transport === 'grpc' ? new GrpcNodes(log) : new RestNodes(log);
  const client = clientOf(tested, test, log);
  try {
    const graph = tested.compile(await endpoints(tested, test, nodes));
    const draws = [...test.draws];
    const last = draws.at(-1) ?? 0;
    const executor = createExecutor(graph, client, {
      routingInjection: tested.routingInjection,
      random: () => draws.shift() ?? last,
    });
    const request = testRequest(test, tested);
    const execute = () => (test.kind === 'feedback' ? executor.sendFeedback(request) : executor.execute(request));
    const { outcome, fault } = await settled(execute);
    const calls = inGraphOrder(graph, log.calls);
    const mismatches = fault ?? mismatchesOf(test, log, outcome, calls);
    const durationMs = performance.now() - startedAt;
    return {
      test,
      passed: mismatches.length === 0,
      durationMs,
      mismatches,
      notes: notesOf(scripts),
      outcome,
      calls,
      isAnswered: log.unanswered.length + log.faults.length === 0,
    };
  } finally {
    await client.close();
    await nodes.close();
  }
}

function clientOf({ protocol, transport }: TestedGraph, test: GraphTest, log: CallLog) {
  const { timeoutMs = CALL_LIMIT_MS } = test;
  const createClient = transport === 'grpc' ? createGrpcClient : createRestClient;
  const silentNodes = new Set<string>();
  let delayMs = 0;
  for (const [node, answers] of test.answers) {
    if (!answers.some(({ reply }) => reply === 'timeout')) continue;
    silentNodes.add(node);
    delayMs = Math.max(delayMs, ...answers.map((answer) => answer.delayMs));
  }
  return announcingClient({
    client: createClient({ protocol, timeoutMs }),
    hasty: createClient({ protocol, timeoutMs: test.timeoutMs ?? SILENCE_LIMIT_MS + delayMs }),
    silentNodes,
    log,
  });
}

/** Every node that can be called has a server, also one without an answer: its call must be seen. */
async function endpoints({ called }: TestedGraph, test: GraphTest, nodes: PlayedNodes) {
  const places = [...called].map(async (node) => {
    const unreachable = test.answers.get(node)?.some(({ reply }) => reply === 'unreachable');
    return [node, unreachable ? NOWHERE : await nodes.start(node)] as const;
  });
  return new Map(await Promise.all(places));
}

async function settled(execute: () => Promise<Extract<Outcome, { output: unknown }>['output']>) {
  try {
    return { outcome: { output: await execute() } };
  } catch (error) {
    if (error instanceof NodeError) return { outcome: { error } };
    const fault: Mismatch = { about: 'Millrace', message: `internal error: ${errorText(error)}`, differences: [] };
    return { fault: [fault] };
  }
}

function mismatchesOf(
  { expect }: GraphTest,
  log: CallLog,
  outcome: Outcome | undefined,
  calls: readonly SeenCall[],
): Mismatch[] {
  // What comes of a call without an answer is a consequence of it.
  if (log.unanswered.length > 0) {
    return log.unanswered.map(({ node, method, path }) => ({
      about: 'nodes',
      message: `node '${node}' was called (${method}, ${path}) and has no answer left; add one to its nodes`,
      differences: [],
    }));
  }
  if (log.faults.length > 0) return log.faults.map((message) => ({ about: 'nodes', message, differences: [] }));
  if (outcome === undefined) return [];
  if (expect === undefined) {
    const message = 'nothing is expected yet; write it, or let --update write what came';
    return [{ about: 'expect', message, differences: [] }];
  }
  const found = outcomeMismatches(expect, outcome);
  if (expect.calls !== undefined) found.push(...callMismatches(expect.calls, calls, expect.tolerance));
  return found;
}

function notesOf(scripts: ReadonlyMap<string, NodeScript>): string[] {
  const notes: string[] = [];
  for (const [node, script] of scripts) {
    for (const answer of script.unused()) {
      if (answer.reply !== 'unreachable') notes.push(`line ${answer.line}: no call got this answer of node '${node}'`);
    }
  }
  return notes;
}
