import { NumericMap } from '@platformatic/kafka';
import { answerOfLeader } from '../cluster/answer-of-leader.ts';
import { apis } from '../cluster/api.ts';
import { errorName, withResponse, type Cluster } from '../cluster/cluster.ts';
import type { ProduceResponse } from '../cluster/library-types.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** In whose name batches are written. */
export interface BatchWriter {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly transactionalId?: string;
}

/** What became of the batch of a queue. */
export interface BatchAnswer {
  readonly queue: PartitionQueue;
  /** Kafka's name of the error; `NONE` when the batch is stored. */
  readonly code: string;
  /** What the broker says of it; empty when nothing. */
  readonly said: string;
  readonly durationMs: number;
}

const ALL_REPLICAS = -1;
const ACK_TIMEOUT_MS = 20_000;
// Under the broker's default message.max.bytes (1048588) for a whole batch.
const BATCH_BYTES = 1_000_000;
const REQUEST_BYTES = 16 * 1024 * 1024;

/** Fills the batches of one request; queues for which it has no room are left out. */
export function fillBatches(queues: Iterable<PartitionQueue>): PartitionQueue[] {
  const filled: PartitionQueue[] = [];
  let sizeBytes = 0;
  for (const queue of queues) {
    if (sizeBytes > REQUEST_BYTES) break;
    queue.fill(BATCH_BYTES);
    filled.push(queue);
    for (const record of queue.batch) sizeBytes += record.sizeBytes;
  }
  return filled;
}

/**
 * Writes the batches of some partitions to their leader, to be stored by all replicas in sync.
 *
 * @throws KafkaError when it is not known what became of them
 */
export async function produceBatches(
  cluster: Cluster,
  leader: number,
  queues: readonly PartitionQueue[],
  writer: BatchWriter,
): Promise<readonly BatchAnswer[]> {
  const { api, connection } = await cluster.bind('produce', apis.produce, leader);
  const messages = queues.flatMap((queue) => queue.messages);
  // The library asks by name for the sequence number a batch begins with.
  const sequences = new NumericMap(queues.map((queue) => [`${queue.topic}:${queue.partition}`, queue.sequence]));
  const begunMs = performance.now();
  const call = api.call(connection, ALL_REPLICAS, ACK_TIMEOUT_MS, messages, { ...writer, sequences });
  const topics = [...new Set(queues.map(({ topic }) => topic))];
  const leads = () =>
    queues.some(({ topic, partition }) => cluster.topic(topic)?.partitions[partition]?.leader === leader);
  const watched = { node: leader, connection, topics, leads };
  const response = (await answerOfLeader(cluster, watched, withResponse(call))) as ProduceResponse;
  const durationMs = performance.now() - begunMs;
  const answers: BatchAnswer[] = [];
  for (const { name, partitionResponses } of response.responses) {
    for (const answer of partitionResponses) {
      const queue = queues.find((one) => one.topic === name && one.partition === answer.index);
      if (queue === undefined) continue;
      const said = answer.errorMessage ?? answer.recordErrors[0]?.batchIndexErrorMessage ?? '';
      answers.push({ queue, code: errorName(answer.errorCode), said, durationMs });
    }
  }
  return answers;
}
