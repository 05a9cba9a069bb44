import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Consumer } from '../../../../src/kafka/consumer/consumer.ts';
import type { ConsumerOptions } from '../../../../src/kafka/options.ts';
import type { ScriptedCluster } from '../scripted-cluster.ts';

/** A consumer in a group of a scripted cluster that is running, and what its user hears. */
export function groupedConsumer(
  context: TestContext,
  cluster: ScriptedCluster,
  options: Pick<ConsumerOptions, 'offsetReset' | 'groupInstanceId' | 'groupProtocol'>,
) {
  const events: string[] = [];
  const drains = new Map<string, PromiseWithResolvers<void>>();
  const numbers = (partitions: readonly { readonly partition: number }[]) =>
    partitions.map(({ partition }) => partition).join('');
  const consumer = new Consumer(
    cluster.asCluster(),
    {
      ...{ group: 'g', topic: 'in', ...options },
      ...{ sessionTimeoutMs: 50, rebalanceTimeoutMs: 1_000, commitIntervalMs: 60_000 },
    },
    {
      assigned: (partitions) => events.push(`assigned ${numbers(partitions)}`),
      records: () => undefined,
      drain: async (partitions) => {
        const name = numbers(partitions);
        events.push(`drain ${name}`);
        await drains.get(name)?.promise;
      },
      released: (partitions) => events.push(`released ${numbers(partitions)}`),
    },
  );
  const running = consumer.run();
  running.catch(() => undefined);
  context.after(async () => {
    cluster.close();
    await consumer.close();
  });
  return {
    consumer,
    events,
    running,
    /** The next call of an API. */
    take: (api: string) => cluster.take((call) => call.api === api),
    /** Work on these partitions ends when the test says so. */
    holdDrain: (name: string) => {
      const held = Promise.withResolvers<void>();
      drains.set(name, held);
      return held;
    },
    /** The next record of a partition comes, and is done with. */
    finish: (number: number) => {
      const tracker = consumer.partitions.find(({ partition }) => partition === number)?.tracker;
      assert.ok(tracker);
      tracker.finished(tracker.received(tracker.next));
    },
  };
}
