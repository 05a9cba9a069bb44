import { Gauge, type Registry } from 'prom-client';
import type { StreamStatus } from '../../stream/health/status.ts';

/** Numbers of the whole stream; 0 while none runs. */
const GAUGES: readonly (readonly [name: string, help: string, value: (status: StreamStatus) => number])[] = [
  ['millrace_waiting_records', 'Records read and not started', (status) => status.waitingRecords],
  ['millrace_waiting_bytes', 'Bytes of records read and not started', (status) => status.waitingBytes],
  ['millrace_in_flight_records', 'Records at the models', (status) => status.inFlightRecords],
  ['millrace_open_records', 'Records started and not stored, also those at the models', (status) => status.openRecords],
  ['millrace_open_bytes', 'Bytes of open records and their results', (status) => status.openBytes],
  ['millrace_retrying_records', 'Records that wait for their next attempt', (status) => status.retryingRecords],
  [
    'millrace_stuck',
    '1 while the stream cannot make progress and /live fails',
    (status) => (status.stuck.length > 0 ? 1 : 0),
  ],
  ['millrace_since_progress_seconds', 'Since a record was stored last', (status) => status.sinceProgressMs / 1000],
];

/** Gauges that are read when Prometheus asks; `status` gives undefined while no stream runs. */
export function streamGauges(registry: Registry, topic: string, status: () => StreamStatus | undefined): void {
  const registers = [registry];
  for (const [name, help, value] of GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = status();
        this.set(now === undefined ? 0 : value(now));
      },
    });
  }
  new Gauge({
    name: 'millrace_lag_records',
    help: "Records behind the end of the input topic's partition, of the partitions that this replica holds",
    labelNames: ['topic', 'partition'],
    registers,
    collect() {
      this.reset();
      for (const { partition, lag } of status()?.partitions ?? []) {
        if (lag !== undefined) this.set({ topic, partition: String(partition) }, lag);
      }
    },
  });
}
