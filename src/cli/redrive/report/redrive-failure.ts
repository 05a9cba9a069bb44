import { MillraceError } from '../../../base/errors.ts';
import { TransactionError } from '../../../kafka/transaction/transaction-error.ts';
import { explainKafkaError } from '../../kafka/kafka-failure.ts';
import { plural } from '../../amounts.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    "give this user the rights Write and Describe on the transactional id, which is the group's name",
  GROUP_AUTHORIZATION_FAILED: 'give this user the right Read on the consumer group',
  OFFSET_METADATA_TOO_LARGE: 'redrive the rest without filters, or raise offset.metadata.max.bytes of the brokers',
};

/**
 * Why a redrive could not go on, for the person.
 *
 * @param pending records of the transaction it happened in
 */
export function redriveFailure(error: unknown, topic: string, group: string, pending: number): Error {
  if (!(error instanceof TransactionError)) return explainKafkaError(error, topic);
  const again = 'run the same command again: it goes on where Kafka has stored it, and sends nothing twice';
  const told = (message: string, remedy: string) =>
    new MillraceError(message, { code: `REDRIVE_${error.ending.toUpperCase()}`, remedy, cause: error });
  switch (error.ending) {
    case 'fenced':
      return told(
        `another redrive with group '${group}' has begun, which ends this one`,
        `let that one finish, or ${again}`,
      );
    case 'revoked':
      return told(`group '${group}' is used by consumers`, 'stop them, or name a group of its own with --group');
    case 'unknown': {
      const open = pending === 0 ? '' : `, and it is not known whether the last ${plural(pending, 'record')} were sent`;
      return told(`gave up on Kafka${open}: ${error.message}`, again);
    }
    case 'abort':
    case 'renew':
      return told(`Kafka does not take the transaction: ${error.message}`, again);
    default: {
      const remedy = REMEDIES[error.code];
      if (remedy === undefined) return explainKafkaError(error, topic);
      return new MillraceError(`Kafka: ${error.message}`, { code: `KAFKA_${error.code}`, remedy, cause: error });
    }
  }
}
