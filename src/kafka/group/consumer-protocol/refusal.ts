import { KafkaError } from '../../kafka-error.ts';
import type { GroupMemberOptions } from '../group-options.ts';
import { nameTaken } from '../name-taken.ts';

/**
 * What a failed heartbeat means for the member: `retry` passes, `fenced` begins anew, `fatal` needs a person.
 *
 * @param joining it was to join; then there is nothing that could be lost
 */
export function refusal(error: KafkaError, { group, instanceId }: GroupMemberOptions, joining: boolean): KafkaError {
  const told = (what: string, failure: KafkaError['failure'], code = error.code) =>
    new KafkaError(code, what, failure, error);
  switch (error.code) {
    case 'UNSUPPORTED_VERSION':
      return told('these brokers do not speak KAFKA_GROUP_PROTOCOL=consumer', 'fatal', 'GROUP_PROTOCOL_UNSUPPORTED');
    case 'GROUP_ID_NOT_FOUND':
      // A group that has gone under us is made again by joining.
      if (!joining) return told(error.message, 'fenced');
      return told(
        `group '${group}' is a classic one that the brokers do not change to the consumer protocol (${error.message})`,
        'fatal',
        'GROUP_PROTOCOL_REFUSED',
      );
    case 'FENCED_INSTANCE_ID':
      return nameTaken(instanceId, error);
    case 'UNRELEASED_INSTANCE_ID':
      return told(
        `the name KAFKA_GROUP_INSTANCE_ID=${instanceId} is still another process's; it is free when that one ends, ` +
          'or when its session is over (group.consumer.session.timeout.ms of the brokers, 45 s by default)',
        'retry',
      );
    default:
      if (error.failure === 'fatal') return told(`group '${group}': ${error.message}`, 'fatal');
      return joining && error.failure === 'fenced' ? told(error.message, 'retry') : error;
  }
}
