import type { Seeded } from '../simulation/seeded.ts';
import type { Cell } from './cell.ts';
import { SESSION_MS } from './faults/fault.ts';

/** How the executors of a cell are configured. */
export interface Settings {
  /** KAFKA_* variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Executors have names that stay over their restarts (KAFKA_GROUP_INSTANCE_ID). */
  readonly named: boolean;
}

/** The modes of the cell, and what a seed draws from what users may set: promises must not hang on it. */
export function settingsOf({ fault, delivery, order, env }: Cell, random: Seeded): Settings {
  return {
    named: random.chance(0.25),
    env: {
      KAFKA_DELIVERY: delivery,
      KAFKA_ORDER: order,
      // So that all results of an input partition are in one output partition, where their order can be seen.
      KAFKA_PARTITIONER: order === 'partition' ? 'input' : random.pick(['murmur2', 'murmur2', 'crc32']),
      KAFKA_WORKERS: random.pick(['8', '32', '128']),
      KAFKA_COMMIT_INTERVAL_MS: random.pick(['50', '200', '1000']),
      // So long the transaction of a killed executor keeps readers of committed records waiting.
      ...(delivery === 'exactly-once' && { KAFKA_TRANSACTION_TIMEOUT_MS: '5000' }),
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS),
      KAFKA_GROUP_PROTOCOL: random.pick(['classic', 'consumer']),
      KAFKA_RETRY_BACKOFF_MS: '50',
      ...fault.env,
      ...env,
    },
  };
}

/** In one line, for a report. */
export function settingsText({ env, named }: Settings): string {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...pairs, ...(named ? ['KAFKA_GROUP_INSTANCE_ID of each'] : [])].join(' ');
}
