import type { Registry } from 'prom-client';
import { requestAnswered } from '../../rpc/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { MeasuredPredictor } from './model-call-metrics.ts';
import { goCode } from './grpc-code.ts';
import { SeldonLatency, type Observer } from './seldon-latency.ts';

const LABELS = ['deployment_name', 'predictor_name', 'predictor_version', 'service', 'method', 'code'] as const;

/** Measures the requests of clients as Seldon's executor does, so that its dashboards go on. */
export function serverMetrics(
  registry: Registry,
  subscriptions: Subscriptions,
  { deploymentName, predictor }: Omit<MeasuredPredictor, 'protocol'>,
): void {
  const name = 'seldon_api_executor_server_requests_seconds';
  const latency = new SeldonLatency(registry, name, 'executor server', LABELS);
  // Services, methods and codes are few: a client cannot make new ones.
  const observers = new Map<string, Observer>();
  subscriptions.add(requestAnswered, ({ service, method, code, durationMs }) => {
    const key = `${service} ${method} ${code}`;
    let observe = observers.get(key);
    if (observe === undefined) {
      observe = latency.observer({
        deployment_name: deploymentName,
        predictor_name: predictor.name,
        predictor_version: predictor.annotations?.['version'] ?? '',
        service,
        method,
        code: method === 'unary' ? goCode(code) : code,
      });
      observers.set(key, observe);
    }
    observe(durationMs / 1000);
  });
}
