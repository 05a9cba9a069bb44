import type { Connection } from '@platformatic/kafka';
import { KafkaError } from '../kafka-error.ts';
import type { Cluster } from './cluster.ts';

/** A request to the leader of some partitions. */
export interface LeaderRequest {
  /** Node id that it was sent to. */
  readonly node: number;
  readonly connection: Connection;
  readonly topics: readonly string[];
  /** Whether the node still leads any of what the request is about, by the metadata that is known. */
  leads(): boolean;
}

// Fetches are answered after half a second, writes when the replicas have them.
const LOOK_MS = 3_000;

/**
 * The answer of a leader. While it does not come, looks every three seconds who leads now, and gives the request up when others do: a
 * machine that has died without a word would keep the stream waiting for the whole limit of a request. What an old leader makes of a
 * request that reaches it late is of no account: it stores nothing any more.
 *
 * @throws KafkaError, of kind `retry` when others lead
 */
export function answerOfLeader<T>(cluster: Cluster, request: LeaderRequest, answer: Promise<T>): Promise<T> {
  const { node, connection, topics, leads } = request;
  return new Promise((resolve, reject) => {
    let answered = false;
    const look = async () => {
      // Metadata may be as unreachable; the request has its own limit.
      await cluster.refresh(topics).catch(() => undefined);
      if (answered || cluster.closed) return;
      if (leads()) {
        timer = lookLater();
        return;
      }
      const what = `broker ${node} does not answer, and has given its partitions to others`;
      reject(new KafkaError('NOT_LEADER_OR_FOLLOWER', what, 'retry'));
      void connection.close();
    };
    // The request itself is what keeps a process alive.
    const lookLater = () => setTimeout(() => void look(), LOOK_MS).unref();
    let timer = lookLater();
    const settled = () => {
      answered = true;
      clearTimeout(timer);
    };
    answer.finally(settled).then(resolve, reject);
  });
}
