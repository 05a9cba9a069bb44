import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  brokerRecovered,
  brokerTrouble,
  offsetOutOfRange,
  offsetsCommitted,
  partitionsAssigned,
  partitionsRevoked,
  recordsProduced,
} from '../../kafka/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { CALL_BUCKETS } from './registry.ts';

/** Counts what happens between us and the brokers, from the Kafka client's channels. */
export function kafkaMetrics(registry: Registry, subscriptions: Subscriptions): void {
  connectionMetrics(registry, subscriptions);
  groupMetrics(registry, subscriptions);
  const registers = [registry];
  const produced = new Counter({
    name: 'millrace_kafka_produced_records_total',
    help: 'Records that the brokers stored for us',
    labelNames: ['topic'],
    registers,
  });
  const producedBytes = new Counter({
    name: 'millrace_kafka_produced_bytes_total',
    help: 'Bytes of the same',
    labelNames: ['topic'],
    registers,
  });
  const produceSeconds = new Histogram({
    name: 'millrace_kafka_produce_seconds',
    help: 'From sending a produce request to its answer',
    labelNames: ['topic'],
    buckets: CALL_BUCKETS,
    registers,
  });
  subscriptions.add(recordsProduced, ({ topic, records, sizeBytes, durationMs }) => {
    produced.inc({ topic }, records);
    producedBytes.inc({ topic }, sizeBytes);
    produceSeconds.observe({ topic }, durationMs / 1000);
  });
}

function connectionMetrics(registry: Registry, subscriptions: Subscriptions): void {
  const registers = [registry];
  const connected = new Gauge({
    name: 'millrace_kafka_connected',
    help: '0 while a broker cannot be used for the role (metadata, group, fetch, produce)',
    labelNames: ['role'],
    registers,
  });
  for (const role of ['metadata', 'group', 'fetch', 'produce']) connected.set({ role }, 1);
  const trouble = new Counter({
    name: 'millrace_kafka_trouble_total',
    help: 'Requests to brokers that failed and are tried again',
    labelNames: ['role'],
    registers,
  });
  subscriptions.add(brokerTrouble, ({ role }) => {
    trouble.inc({ role });
    connected.set({ role }, 0);
  });
  subscriptions.add(brokerRecovered, ({ role, left }) => {
    if (left === 0) connected.set({ role }, 1);
  });
}

function groupMetrics(registry: Registry, subscriptions: Subscriptions): void {
  const registers = [registry];
  const rebalances = new Counter({
    name: 'millrace_kafka_rebalances_total',
    help: 'Partitions given to this replica or taken from it, by event: assigned, revoked, lost',
    labelNames: ['event'],
    registers,
  });
  const held = new Gauge({
    name: 'millrace_kafka_assigned_partitions',
    help: 'Partitions of the input topic that this replica holds',
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'millrace_kafka_commit_seconds',
    help: 'From sending an offset commit to its answer; its count is the number of commits',
    buckets: CALL_BUCKETS,
    registers,
  });
  const committed = new Gauge({
    name: 'millrace_kafka_committed_offset',
    help: 'Offset that this replica committed last, of the partitions that it holds',
    labelNames: ['topic', 'partition'],
    registers,
  });
  subscriptions.add(offsetsCommitted, ({ topic, offsets, durationMs }) => {
    commitSeconds.observe(durationMs / 1000);
    for (const { partition, offset } of offsets) committed.set({ topic, partition: String(partition) }, offset);
  });

  const partitions = new Set<string>();
  subscriptions.add(partitionsAssigned, (event) => {
    rebalances.inc({ event: 'assigned' });
    for (const { partition } of event.partitions) partitions.add(`${event.topic}/${partition}`);
    held.set(partitions.size);
  });
  subscriptions.add(partitionsRevoked, (event) => {
    rebalances.inc({ event: event.lost ? 'lost' : 'revoked' });
    for (const partition of event.partitions) {
      partitions.delete(`${event.topic}/${partition}`);
      committed.remove({ topic: event.topic, partition: String(partition) });
    }
    held.set(partitions.size);
  });

  const skipped = new Counter({
    name: 'millrace_kafka_skipped_offsets_total',
    help: 'Offsets that retention deleted before the group had read them',
    labelNames: ['topic'],
    registers,
  });
  subscriptions.add(offsetOutOfRange, ({ topic, from, to, is }) => {
    if (is === 'deleted') skipped.inc({ topic }, to - from);
  });
}
