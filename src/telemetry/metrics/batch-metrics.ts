import { Counter, Histogram, type Registry } from 'prom-client';
import { batchSent, batchTakenApart } from '../../models/batching/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';

const SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Measures how full batches are, and how often one has to be taken apart. */
export function batchMetrics(registry: Registry, subscriptions: Subscriptions): void {
  const registers = [registry];
  const sizes = new Histogram({
    name: 'millrace_batch_requests',
    help: 'Requests in one model call, where batches are made (KAFKA_BATCH_SIZE)',
    labelNames: ['node'],
    buckets: SIZE_BUCKETS,
    registers,
  });
  subscriptions.add(batchSent, ({ node, requests }) => sizes.observe({ node }, requests));
  const apart = new Counter({
    name: 'millrace_batches_taken_apart_total',
    help: 'Batches that failed as a whole and whose requests were sent again one by one',
    labelNames: ['node'],
    registers,
  });
  subscriptions.add(batchTakenApart, ({ node }) => apart.inc({ node }));
}
