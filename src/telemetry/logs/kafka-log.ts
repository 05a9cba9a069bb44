import {
  brokerRecovered,
  brokerTrouble,
  offsetOutOfRange,
  offsetsAwaited,
  offsetsCommitted,
  partitionsAssigned,
  partitionsRevoked,
  topicCreated,
  topicMissing,
  topicReplaced,
} from '../../kafka/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { LimitedLog } from './limited-log.ts';

const DELETED = 'records were deleted, by retention most likely, before they were read; reading goes on behind them';
const CUT =
  'the log of the input ends before the next offset: the brokers have lost records; reading goes on elsewhere';

/** Tells in the log what happens between us and the brokers. */
export function logKafka(log: LimitedLog, subscriptions: Subscriptions): void {
  subscriptions.add(brokerTrouble, ({ role, broker, what, error, attempt, delayMs }) => {
    const fields = { role, ...(broker === undefined ? {} : { broker }), attempt, delayMs: Math.round(delayMs), error };
    // Leaders move and coordinators load: the first failures are no news.
    log.limited(
      `trouble ${role} ${what}`,
      attempt < 3 ? 'info' : 'warn',
      fields,
      `Kafka: ${what} failed; trying again`,
    );
  });
  subscriptions.add(brokerRecovered, ({ role, broker, downMs }) => {
    log.logger.info(
      { role, ...(broker === undefined ? {} : { broker }), downMs: Math.round(downMs) },
      'Kafka answers again',
    );
  });
  subscriptions.add(partitionsAssigned, ({ group, topic, generation, partitions }) => {
    const numbers = partitions.map(({ partition }) => partition);
    const fields = { group, topic, generation, partitions: numbers };
    if (numbers.length > 0) log.logger.info(fields, `reading ${numbers.length} more partitions`);
    else log.logger.info(fields, 'the group has shared out its partitions; none are new here');
    for (const { partition, offset } of partitions)
      log.logger.debug({ topic, partition, offset }, 'starting at offset');
  });
  subscriptions.add(partitionsRevoked, ({ group, topic, partitions, lost, reason }) => {
    const fields = { group, topic, partitions, reason };
    if (lost) log.logger.warn(fields, 'partitions lost: what was in flight will be repeated by their new owner');
    else log.logger.info(fields, 'partitions released');
  });
  subscriptions.add(offsetsAwaited, ({ topic, partitions }) => {
    const why = 'their last owner has left a transaction open, which the broker ends after its time-out';
    log.logger.warn({ topic, partitions }, `${partitions.length} partitions wait: ${why}`);
  });
  subscriptions.add(offsetsCommitted, ({ topic, offsets, durationMs }) => {
    if (!log.logger.isLevelEnabled('debug')) return;
    log.logger.debug({ topic, offsets, durationMs: Math.round(durationMs) }, 'offsets committed');
  });
  subscriptions.add(offsetOutOfRange, ({ is, ...event }) => {
    log.logger.error(event, is === 'deleted' ? DELETED : CUT);
  });
  subscriptions.add(topicReplaced, (event) => {
    log.logger.warn(event, 'the input topic was deleted and made again: the new one is read from its begin');
  });
  subscriptions.add(topicMissing, ({ topic, role }) => {
    log.limited(`missing ${topic}`, 'warn', { topic }, `the ${role} topic does not exist yet; waiting for it`);
  });
  subscriptions.add(topicCreated, ({ topic, partitions }) => {
    log.logger.info({ topic, partitions }, 'topic created');
  });
}
