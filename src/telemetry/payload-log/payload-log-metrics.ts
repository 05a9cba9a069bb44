import { Counter, Gauge, type Registry } from 'prom-client';
import type { PayloadKind } from '../../graph/channels.ts';
import type { DropReason } from './bounded-queue.ts';

export interface PayloadLogMetrics {
  sent(kind: PayloadKind): void;
  dropped(reason: DropReason): void;
  retried(): void;
}

const REASONS: readonly DropReason[] = ['full', 'too-large', 'unreadable', 'refused', 'failed', 'shutdown'];

/** Counts how events end, and shows what waits; `held` is asked at each scrape. */
export function payloadLogMetrics(
  registry: Registry,
  held: () => { readonly events: number; readonly bytes: number },
): PayloadLogMetrics {
  const registers = [registry];
  const sent = new Counter({
    name: 'millrace_payload_log_sent_total',
    help: 'Payload log events that their receiver has taken, by kind: request, response, feedback',
    labelNames: ['kind'],
    registers,
  });
  const dropped = new Counter({
    name: 'millrace_payload_log_dropped_total',
    help: `Payload log events that were given up, by reason: ${REASONS.join(', ')}`,
    labelNames: ['reason'],
    registers,
  });
  // So that a first drop is a rise.
  for (const reason of REASONS) dropped.inc({ reason }, 0);
  const retried = new Counter({
    name: 'millrace_payload_log_retries_total',
    help: 'Deliveries of payload log events that failed and are tried again',
    registers,
  });
  new Gauge({
    name: 'millrace_payload_log_queue_events',
    help: 'Payload log events that wait or are being delivered',
    registers,
    collect() {
      this.set(held().events);
    },
  });
  new Gauge({
    name: 'millrace_payload_log_queue_bytes',
    help: 'Bytes of the same',
    registers,
    collect() {
      this.set(held().bytes);
    },
  });
  return {
    sent: (kind) => sent.inc({ kind }),
    dropped: (reason) => dropped.inc({ reason }),
    retried: () => retried.inc(),
  };
}
