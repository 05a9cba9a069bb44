import type { StreamStatus } from '../stream/status.ts';

/** A broker that is away for less than this is no news: leaders move, connections are made again. In milliseconds. */
const TROUBLE_GRACE_MS = 5_000;

/** Why a stream does not work now, one sentence each; empty when all is well. */
export function streamNotReady({ joined, brokerTroubles, waitingForModel }: StreamStatus): string[] {
  const reasons: string[] = [];
  for (const { role, forMs } of brokerTroubles) {
    if (forMs >= TROUBLE_GRACE_MS) reasons.push(`Kafka cannot be used (${role}) since ${seconds(forMs)}`);
  }
  if (!joined && reasons.length === 0) reasons.push('the consumer group has not been joined yet');
  if (waitingForModel !== undefined) {
    const { node, error, forMs } = waitingForModel;
    reasons.push(`records wait for node '${node}' since ${seconds(forMs)}: ${error}`);
  }
  return reasons;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
