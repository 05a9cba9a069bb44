import { errorText } from '../base/errors.ts';
import type { PredictiveUnit } from '../deployment/seldon-deployment.ts';
import { compileGraph } from '../graph/compile.ts';
import { createExecutor, type GraphExecutor } from '../graph/execute.ts';
import type { Graph } from '../graph/graph.ts';
import type { ModelClient } from '../graph/model-client.ts';
import { createModelQuery, type ModelQuery } from '../graph/model-query.ts';
import { NodeError } from '../graph/node-error.ts';
import { BatchingClient } from '../models/batching/batching-client.ts';
import { createGrpcClient } from '../models/grpc/grpc-client.ts';
import { createRestClient } from '../models/rest/rest-client.ts';
import { batchRules } from '../protocol/batch/rules.ts';
import type { Protocol, Transport } from '../protocol/payload.ts';
import type { StreamOptions } from '../stream/options.ts';
import type { ModelCallMetrics } from '../telemetry/metrics/model-call-metrics.ts';
import type { ExecutorConfig } from './config/executor-config.ts';

/** The graph over one transport, with the connections to its models. */
export interface DataPlane {
  readonly graph: GraphExecutor;
  readonly models: ModelQuery;
}

/**
 * Builds the graph over one transport.
 *
 * @throws MillraceError for a graph that cannot run over it
 */
export function createDataPlane(config: ExecutorConfig, transport: Transport, metrics: ModelCallMetrics): DataPlane {
  const { predictor, protocol, overrideEndpoints, routingInjection, fullHealthChecks } = config;
  const isConfigured = transport === config.transport;
  // Overrides, and a port that is not said to be for HTTP or gRPC, are of the configured transport.
  const compiled = isConfigured
    ? compileGraph(predictor, { protocol, transport, overrideEndpoints })
    : compileGraph({ ...predictor, graph: withoutServicePort(predictor.graph) }, { protocol, transport });
  const createClient = transport === 'grpc' ? createGrpcClient : createRestClient;
  const client = createClient({
    protocol,
    timeoutMs: config.modelTimeoutMs[transport],
    maxResponseBytes: config.maxAnswerBytes[transport],
    fullHealthChecks,
  });
  const measured = metrics.measured(client, transport);
  const stream = isConfigured ? config.kafka?.stream : undefined;
  return {
    graph: createExecutor(compiled, stream ? batching(measured, stream, protocol, transport) : measured, {
      routingInjection,
      ...(stream && { unfoldedBytes: stream.inFlightBytes }),
    }),
    models: createModelQuery(compiled, measured),
  };
}

function withoutServicePort(unit: PredictiveUnit): PredictiveUnit {
  const { service_port: _port, ...endpoint } = unit.endpoint ?? {};
  const children = unit.children?.map(withoutServicePort);
  return { ...unit, ...(unit.endpoint && { endpoint }), ...(children && { children }) };
}

// What every model server takes in one message: gRPC servers refuse more than 4 MiB unless they are told otherwise.
const MAX_BATCH_BYTES = 3 * 1024 * 1024;

function batching(client: ModelClient, options: StreamOptions, protocol: Protocol, transport: Transport): ModelClient {
  const { batchSize: size, batchDelayMs: delayMs } = options;
  if (size === 1) return client;
  return new BatchingClient(client, batchRules(protocol, transport), { size, delayMs, sizeBytes: MAX_BATCH_BYTES });
}

/**
 * The graph over the transport that is not the configured one: what comes in by HTTP goes to the models by HTTP, and by gRPC what comes
 * in by gRPC. A document that gives the models one port alone cannot have both; the reason comes back then.
 *
 * @param plane the graph over the configured transport
 */
export function otherDataPlane(
  config: ExecutorConfig,
  metrics: ModelCallMetrics,
  plane: DataPlane,
): { readonly plane: DataPlane; readonly missing?: string } {
  const transport = config.transport === 'grpc' ? 'rest' : 'grpc';
  try {
    return { plane: createDataPlane(config, transport, metrics) };
  } catch (error) {
    const [what = '', ...reasons] = errorText(error).split(/\s*\n\s*/);
    const missing = reasons.length === 0 ? what : `${what}: ${reasons.join('; ')}`;
    return { plane: missingPlane(transport, plane.models.graph, missing), missing };
  }
}

/**
 * Stands for the graph over a transport by which its models cannot be asked: every request is told so, with the reason, by 501 or
 * UNIMPLEMENTED.
 */
function missingPlane(transport: Transport, graph: Graph, reason: string): DataPlane {
  const [name, status] = transport === 'grpc' ? ['gRPC', 'UNIMPLEMENTED'] : ['HTTP', 501];
  const why = `predictions are not served over ${name}: ${reason}`;
  const refuse = () => Promise.reject(new NodeError(why, { failure: 'status', node: '', status }));
  return {
    graph: {
      callsInTurn: 0,
      execute: refuse,
      sendFeedback: refuse,
      checkReady: refuse,
      close: () => Promise.resolve(),
    },
    models: { graph, ask: refuse, askAll: refuse },
  };
}
