import { Counter, type Registry } from 'prom-client';
import type { ModelClient, NodeCall } from '../../graph/model-client.ts';
import type { NodeMethod } from '../../protocol/node-method.ts';
import { NodeError } from '../../graph/node-error.ts';
import { containerOf } from '../../deployment/graph-units.ts';
import type { PredictorSpec } from '../../deployment/seldon-deployment.ts';
import { grpcMethod } from '../../protocol/grpc/methods.ts';
import type { Protocol, Transport } from '../../protocol/payload.ts';
import { restPath } from '../../protocol/rest/paths.ts';
import { goCode, statusOfFailure } from './grpc-code.ts';
import { SeldonLatency, type Observer } from './seldon-latency.ts';

export interface MeasuredPredictor {
  readonly deploymentName: string;
  readonly predictor: PredictorSpec;
  readonly protocol: Protocol;
}

const LABELS = [
  'deployment_name',
  'predictor_name',
  'predictor_version',
  'service',
  'method',
  'code',
  'model_name',
  'model_image',
  'model_version',
] as const;

/**
 * Measures model calls as Seldon's executor measures them, so that its dashboards go on: one sample for each answer, whatever its
 * status; what got no answer is counted in a metric of ours.
 */
export class ModelCallMetrics {
  readonly #latency: SeldonLatency<(typeof LABELS)[number]>;
  readonly #failures: Counter<'node' | 'failure'>;
  readonly #measured: MeasuredPredictor;
  /** By step, model name and status: labels are resolved once. Bounded, as callers may name models. */
  readonly #observers = new Map<string, Observer>();

  constructor(registry: Registry, measured: MeasuredPredictor) {
    this.#measured = measured;
    const name = 'seldon_api_executor_client_requests_seconds';
    this.#latency = new SeldonLatency(registry, name, 'client calls from executor', LABELS);
    this.#failures = new Counter({
      name: 'millrace_model_call_failures_total',
      help: 'Model calls without a usable answer, by node and kind (unreachable, interrupted, timeout, status, answer ...)',
      labelNames: ['node', 'failure'],
      registers: [registry],
    });
  }

  /** A model client whose calls are measured. */
  measured(client: ModelClient, transport: Transport): ModelClient {
    const success = transport === 'grpc' ? 'OK' : 200;
    return {
      call: async (call) => {
        const begun = performance.now();
        try {
          const answer = await client.call(call);
          this.#answered(call, transport, success, performance.now() - begun);
          return answer;
        } catch (error) {
          this.#failed(call, transport, error, performance.now() - begun);
          throw error;
        }
      },
      checkReady: (nodeName, endpoint) => client.checkReady(nodeName, endpoint),
      close: () => client.close(),
    };
  }

  #answered(call: NodeCall, transport: Transport, status: number | string, durationMs: number): void {
    const { method, nodeName, modelName, payload } = call;
    const key = `${transport} ${method} ${nodeName} ${modelName} ${payload.messageName ?? ''} ${status}`;
    let observe = this.#observers.get(key);
    if (observe === undefined) {
      observe = this.#observer(call, transport, status);
      if (this.#observers.size < MAX_OBSERVERS) this.#observers.set(key, observe);
    }
    observe(durationMs / 1000);
  }

  #failed(call: NodeCall, transport: Transport, error: unknown, durationMs: number): void {
    if (!(error instanceof NodeError)) return;
    this.#failures.inc({ node: call.nodeName, failure: error.failure });
    const told = error.failure === 'status' ? error.status : undefined;
    const status = told ?? (transport === 'grpc' ? statusOfFailure(error.failure) : undefined);
    if (status !== undefined) this.#answered(call, transport, status, durationMs);
  }

  #observer(call: NodeCall, transport: Transport, status: number | string): Observer {
    const { deploymentName, predictor } = this.#measured;
    const { image, version } = imageParts(containerOf(predictor, call.nodeName)?.image ?? '');
    return this.#latency.observer({
      deployment_name: deploymentName,
      predictor_name: predictor.name,
      predictor_version: predictor.annotations?.['version'] ?? '',
      ...this.#service(call, transport),
      code: transport === 'grpc' ? goCode(String(status)) : String(status),
      model_name: call.modelName,
      model_image: image,
      model_version: version,
    });
  }

  /** Over HTTP the path and `post`, over gRPC the full method and `unary`, as Seldon has it. */
  #service({ method, modelName, payload }: NodeCall, transport: Transport) {
    const { protocol } = this.#measured;
    if (transport === 'rest')
      return { service: restPath(protocol, method, modelName), method: VERBS[method] ?? 'post' };
    return { service: grpcMethod(protocol, method, payload.messageName ?? '')?.path ?? '', method: 'unary' };
  }
}

const VERBS: Readonly<Partial<Record<NodeMethod, string>>> = { status: 'get', metadata: 'get' };

const MAX_OBSERVERS = 1_000;

/**
 * Name and version of an image. Seldon cuts at every colon, so that a registry's port becomes the end of the name; here the tag
 * is what stands behind the last colon of the last part.
 */
function imageParts(image: string): { readonly image: string; readonly version: string } {
  const colon = image.lastIndexOf(':');
  if (colon < 0 || image.includes('/', colon)) return { image, version: '' };
  return { image: image.slice(0, colon), version: image.slice(colon + 1) };
}
