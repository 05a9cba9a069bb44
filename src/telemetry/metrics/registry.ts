import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { packageVersion } from '../../base/version.ts';

/** Seldon's buckets, in seconds; ours too where a call is measured. */
export const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** For times that hold waits and retries: up to an hour, in seconds. */
export const WAIT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** A registry with the metrics of the process and the version. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; the labels say what runs',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: packageVersion(), node: process.versions.node }, 1);
  return registry;
}

/** Counts what went wrong in measuring and logging itself. */
export function telemetryErrors(registry: Registry): (channel: string) => void {
  const errors = new Counter({
    name: 'millrace_telemetry_errors_total',
    help: 'Events that could not be measured or logged: a fault of Millrace, without effect on records',
    labelNames: ['channel'],
    registers: [registry],
  });
  return (channel) => errors.inc({ channel });
}
