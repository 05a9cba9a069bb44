import { Histogram, Summary, type Registry } from 'prom-client';
import { requestAnswered } from '../../rpc/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { MeasuredPredictor } from './model-call-metrics.ts';
import { goCode } from './grpc-code.ts';
import { CALL_BUCKETS } from './registry.ts';

const LABELS = ['deployment_name', 'predictor_name', 'predictor_version', 'service', 'method', 'code'] as const;

type Observer = (seconds: number) => void;

/** Measures the requests of clients as Seldon's executor does, so that its dashboards go on. */
export function serverMetrics(
  registry: Registry,
  subscriptions: Subscriptions,
  { deploymentName, predictor }: Omit<MeasuredPredictor, 'protocol'>,
): void {
  const registers = [registry];
  const histogram = new Histogram({
    name: 'seldon_api_executor_server_requests_seconds',
    help: 'A histogram of latencies for executor server',
    labelNames: LABELS,
    buckets: CALL_BUCKETS,
    registers,
  });
  const summary = new Summary({
    name: 'seldon_api_executor_server_requests_seconds_summary',
    help: 'A summary of latencies for executor server',
    labelNames: LABELS,
    percentiles: [0.5, 0.75, 0.9, 0.98, 0.99, 1],
    maxAgeSeconds: 600,
    ageBuckets: 5,
    registers,
  });
  // Services, methods and codes are few: a client cannot make new ones.
  const observers = new Map<string, Observer>();
  subscriptions.add(requestAnswered, ({ service, method, code, durationMs }) => {
    const key = `${service} ${method} ${code}`;
    let observe = observers.get(key);
    if (observe === undefined) {
      const labels = {
        deployment_name: deploymentName,
        predictor_name: predictor.name,
        predictor_version: predictor.annotations?.['version'] ?? '',
        service,
        method,
        code: method === 'unary' ? goCode(code) : code,
      };
      const one = histogram.labels(labels);
      const other = summary.labels(labels);
      observe = (seconds) => {
        one.observe(seconds);
        other.observe(seconds);
      };
      observers.set(key, observe);
    }
    observe(durationMs / 1000);
  });
}
