import { Registry } from 'prom-client';
import { batchMetrics } from '../src/telemetry/metrics/batch-metrics.ts';
import { kafkaMetrics } from '../src/telemetry/metrics/kafka-metrics.ts';
import { ModelCallMetrics } from '../src/telemetry/metrics/model-call-metrics.ts';
import { createRegistry, telemetryErrors } from '../src/telemetry/metrics/registry.ts';
import { serverMetrics } from '../src/telemetry/metrics/server-metrics.ts';
import { streamGauges } from '../src/telemetry/metrics/stream-gauges.ts';
import { streamMetrics } from '../src/telemetry/metrics/stream-metrics.ts';
import { payloadLogMetrics } from '../src/telemetry/payload-log/payload-log-metrics.ts';
import { Subscriptions } from '../src/telemetry/subscriptions.ts';

/** docs/reference/metrics.md, from the metrics as the program makes them. */
export function metricsPage(): string {
  const subscriptions = new Subscriptions(() => undefined);
  const served = { deploymentName: '', predictor: { name: '', graph: { name: '' } }, protocol: 'seldon' } as const;
  const sections: readonly (readonly [heading: string, make: (registry: Registry) => unknown])[] = [
    [
      'Records',
      (registry) => {
        streamMetrics(registry, subscriptions);
        streamGauges(registry, '', () => undefined);
      },
    ],
    [
      'Model calls',
      (registry) => {
        new ModelCallMetrics(registry, served);
        batchMetrics(registry, subscriptions);
      },
    ],
    ['Kafka', (registry) => kafkaMetrics(registry, subscriptions)],
    ['Requests over HTTP and gRPC', (registry) => serverMetrics(registry, subscriptions, served)],
    ['Payload log', (registry) => payloadLogMetrics(registry, () => ({ events: 0, bytes: 0 }))],
  ];
  const lines = sections.flatMap(([heading, make]) => {
    const registry = new Registry();
    make(registry);
    return [`## ${heading}`, '', HEAD, ...rows(registry), ''];
  });
  subscriptions.end();
  const own = createRegistry();
  telemetryErrors(own);
  return [...INTRODUCTION, ...lines, '## Process', '', ...PROCESS, '', HEAD, ...rows(own, 'millrace_')].join('\n');
}

const HEAD = '| metric | kind | labels | meaning |\n|---|---|---|---|';

function rows(registry: Registry, prefix = ''): string[] {
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith(prefix))
    .map((metric) => {
      const kind = String(metric.type);
      const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
      const cells = [`\`${metric.name}\``, kind, labels.map((label) => `\`${label}\``).join(', '), metric.help];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    });
}

const INTRODUCTION = [
  '<!-- Written by tools/generate.ts from the metrics of the program; change those, or tools/metrics-page.ts. -->',
  '',
  '# Metrics',
  '',
  'For Prometheus, at `/metrics` of the HTTP port (`--prometheus_path`). Those that begin with `seldon_api_executor` have the names of Seldon, with',
  'the same labels and buckets, so that its dashboards go on; times are in seconds.',
  '',
  '## What tells which trouble',
  '',
  '| trouble | metric |',
  '|---|---|',
  '| a model cannot be reached, and records wait for it | `millrace_model_waiting` is 1, by node |',
  '| a model fails, is slow, or breaks off | `millrace_model_call_failures_total` by node and failure: `unreachable`, `interrupted`, `timeout`, `status`, `answer`, `request`, `cancelled` |',
  '| attempts are repeated | `millrace_attempts_failed_total` rises; `millrace_retrying_records` are waiting for theirs |',
  '| records end in the error topic | `millrace_records_finished_total{outcome="error"}` rises, by [code](records.md#error-record); `outcome="dropped"` with error topic `none` |',
  '| brokers cannot be used | `millrace_kafka_connected` is 0, by what they are needed for; `millrace_kafka_trouble_total` counts requests |',
  '| the stream does not keep up | `sum(millrace_lag_records)` over the replicas rises, and `millrace_end_to_end_seconds` with it |',
  '| a partition belongs to nobody | the sum of `millrace_kafka_assigned_partitions` is less than the input topic has |',
  '| replicas come and go all the time | `millrace_kafka_rebalances_total` rises; `event="lost"` was a replica that the group had given up |',
  '| records were deleted before they were read | `millrace_kafka_skipped_offsets_total` rises: retention is too short for the lag |',
  '| transactions do not come about | `millrace_transactions_aborted_total` rises, by reason |',
  '| nothing moves, and `/live` fails | `millrace_stuck` is 1; [why](../failures.md#live) is in the log and in `/live` |',
  '| payloads are not logged | `millrace_payload_log_dropped_total` rises, by reason |',
  '',
  'A replica that is not ready is no metric of its own: `/ready?verbose` has the reasons.',
  '',
];

const PROCESS = [
  'Beside these: `process_*` and `nodejs_*`, what prom-client tells of any program (CPU time, memory, open files, event loop).',
];
