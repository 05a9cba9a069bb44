import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  attemptFailed,
  headersLeftOut,
  modelRecovered,
  modelWaiting,
  recordFinished,
  recordsRead,
  transactionEnded,
  type RecordFinished,
} from '../../stream/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { CALL_BUCKETS, WAIT_BUCKETS } from './registry.ts';

/** Counts what happens to records, from the stream's channels. */
export function streamMetrics(registry: Registry, subscriptions: Subscriptions): void {
  const registers = [registry];
  const read = new Counter({
    name: 'millrace_records_read_total',
    help: 'Records read from the input topic',
    labelNames: ['topic'],
    registers,
  });
  const readBytes = new Counter({
    name: 'millrace_read_bytes_total',
    help: 'Bytes of records read from the input topic',
    labelNames: ['topic'],
    registers,
  });
  subscriptions.add(recordsRead, ({ topic, records, sizeBytes }) => {
    read.inc({ topic }, records);
    readBytes.inc({ topic }, sizeBytes);
  });

  const countFinished = finishedMetrics(registry);
  subscriptions.add(recordFinished, countFinished);

  transactionMetrics(registry, subscriptions);

  const failed = new Counter({
    name: 'millrace_attempts_failed_total',
    help: 'Attempts that failed and are repeated, by node of the graph',
    labelNames: ['node'],
    registers,
  });
  subscriptions.add(attemptFailed, ({ node }) => failed.inc({ node }));

  const leftOut = new Counter({
    name: 'millrace_headers_left_out_total',
    help: 'Record headers that could not travel to the models',
    registers,
  });
  subscriptions.add(headersLeftOut, ({ count }) => leftOut.inc(count));

  const waits = new Counter({
    name: 'millrace_model_waits_total',
    help: 'Times that records had to wait for a node that could not be reached',
    labelNames: ['node'],
    registers,
  });
  const waiting = new Gauge({
    name: 'millrace_model_waiting',
    help: '1 while records wait for a node that cannot be reached',
    labelNames: ['node'],
    registers,
  });
  subscriptions.add(modelWaiting, ({ node }) => {
    waits.inc({ node });
    waiting.set({ node }, 1);
  });
  subscriptions.add(modelRecovered, ({ node }) => waiting.set({ node }, 0));
}

function transactionMetrics(registry: Registry, subscriptions: Subscriptions): void {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'millrace_transaction_seconds',
    help: 'From the begin of a transaction to its end (delivery exactly-once)',
    labelNames: ['outcome'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const aborted = new Counter({
    name: 'millrace_transactions_aborted_total',
    help: "Transactions that did not come about, by Kafka's reason; their records are sent again",
    labelNames: ['reason'],
    registers,
  });
  subscriptions.add(transactionEnded, ({ outcome, reason, durationMs }) => {
    seconds.observe({ outcome }, durationMs / 1000);
    if (outcome === 'aborted') aborted.inc({ reason });
  });
}

/** Once per record: label sets are resolved once. */
function finishedMetrics(registry: Registry): (event: RecordFinished) => void {
  const registers = [registry];
  const finished = new Counter({
    name: 'millrace_records_finished_total',
    help: 'Records whose result or error record is stored; code is that of the error record, empty for a result',
    labelNames: ['outcome', 'code'],
    registers,
  });
  const attempts = new Counter({
    name: 'millrace_attempts_total',
    help: 'Attempts of finished records',
    registers,
  });
  const processing = new Histogram({
    name: 'millrace_processing_seconds',
    help: 'From reading a record to the stored result or error record',
    buckets: WAIT_BUCKETS,
    registers,
  });
  const endToEnd = new Histogram({
    name: 'millrace_end_to_end_seconds',
    help: "From a record's own timestamp to the stored result or error record",
    buckets: WAIT_BUCKETS,
    registers,
  });
  const results = finished.labels('result', '');
  return (event) => {
    const isResult = event.outcome === 'result' && event.errorCode === '';
    if (isResult) results.inc();
    else finished.inc({ outcome: event.outcome, code: event.errorCode });
    attempts.inc(event.attempts);
    processing.observe(event.processingMs / 1000);
    if (!Number.isNaN(event.endToEndMs)) endToEnd.observe(Math.max(0, event.endToEndMs) / 1000);
  };
}
