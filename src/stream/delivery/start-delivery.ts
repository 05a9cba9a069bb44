import { randomUUID } from 'node:crypto';
import type { Cluster } from '../../kafka/cluster/cluster.ts';
import type { GroupPlace } from '../../kafka/group/group-place.ts';
import type { PipelineSettings } from '../pipeline-settings.ts';
import { AtLeastOnce } from './at-least-once.ts';
import type { Delivery } from './delivery.ts';
import { ExactlyOnce } from './exactly-once.ts';

// Results of one transaction, whatever their number: what a broker has to keep open for the readers.
const TRANSACTION_BYTES = 16 * 1024 * 1024;

/** The way out that the options ask for. Connects to nothing yet. */
export function startDelivery(
  cluster: Cluster,
  { group, stream, consumer }: PipelineSettings,
  place: () => GroupPlace | undefined,
): Delivery {
  if (stream.delivery === 'at-least-once') return new AtLeastOnce(cluster);
  return new ExactlyOnce(
    cluster,
    {
      group,
      inputTopic: stream.inputTopic,
      // Permissions are given for the group's name as a prefix. A replica with a name of its own finds what it has left open.
      transactionalId: `${group}.${consumer.groupInstanceId || randomUUID()}`,
      timeoutMs: stream.transactionTimeoutMs,
      intervalMs: stream.transactionIntervalMs,
      records: stream.transactionRecords,
      sizeBytes: Math.min(TRANSACTION_BYTES, stream.inFlightBytes),
    },
    place,
  );
}
