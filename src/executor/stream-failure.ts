import { MillraceError } from '../base/errors.ts';
import { KafkaError } from '../kafka/kafka-error.ts';
import { tlsRemedy } from '../kafka/security/tls-failure.ts';

const CREATE_TOPICS = 'create the output and the error topic beforehand, as the brokers allow them';

const REMEDIES: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    'allow this user to Read the input topic and to Write and Describe the output and error topics',
  GROUP_AUTHORIZATION_FAILED: 'allow this user to Read the consumer group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    "allow this user to Write and Describe transactional ids that begin with the consumer group's name and a dot, or set KAFKA_DELIVERY=at-least-once",
  INVALID_TRANSACTION_TIMEOUT:
    'set KAFKA_TRANSACTION_TIMEOUT_MS to at most transaction.max.timeout.ms of the brokers (15 minutes by default)',
  OFFSET_METADATA_TOO_LARGE: 'raise offset.metadata.max.bytes of the brokers to its default, 4096',
  CLUSTER_AUTHORIZATION_FAILED: 'allow this user IdempotentWrite on the cluster, or create the topics beforehand',
  SASL_AUTHENTICATION_FAILED: 'check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM',
  UNSUPPORTED_SASL_MECHANISM: 'set KAFKA_SASL_MECHANISM to one that the brokers offer',
  ILLEGAL_SASL_STATE: 'check KAFKA_SECURITY_PROTOCOL: this listener asks for no login, so plaintext or ssl is right',
  INVALID_TOPIC_EXCEPTION: 'use letters, digits, dots, dashes and underscores in topic names, at most 249',
  INVALID_SESSION_TIMEOUT:
    'set KAFKA_SESSION_TIMEOUT_MS between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers',
  INCONSISTENT_GROUP_PROTOCOL:
    'give all members of the group the same KAFKA_GROUP_PROTOCOL, or end those of the other kind first',
  GROUP_PROTOCOL_UNSUPPORTED:
    'use Apache Kafka 4.0 or newer with the feature group.version=1 and `consumer` in group.coordinator.rebalance.protocols, or set KAFKA_GROUP_PROTOCOL=classic',
  GROUP_PROTOCOL_REFUSED:
    "end the group's other members first, or set group.consumer.migration.policy=bidirectional at the brokers, or KAFKA_GROUP_PROTOCOL=classic",
  UNSUPPORTED_VERSION: 'use Apache Kafka 2.8 or newer',
  INVALID_REQUEST: 'use Apache Kafka 2.8 or newer; where it is, please report this',
  FENCED_INSTANCE_ID: "give every replica a KAFKA_GROUP_INSTANCE_ID of its own, such as its pod's name, or set none",
  INVALID_GROUP_ID: 'the group is <predictor>.<deployment>.<namespace>: give them other names',
  GROUP_MAX_SIZE_REACHED: 'run fewer replicas, or raise group.max.size of the brokers',
  INVALID_PARTITIONS: CREATE_TOPICS,
  INVALID_CONFIG: CREATE_TOPICS,
  POLICY_VIOLATION: CREATE_TOPICS,
  ERROR_TOPIC:
    'look at max.message.bytes and the other settings of the error topic, or set KAFKA_ERROR_TOPIC to another',
};

/** What the stream cannot recover from, as an error for the person who can. Faults of ours stay what they are. */
export function streamFailure(error: unknown): unknown {
  if (!(error instanceof KafkaError)) return error;
  return new MillraceError(`the stream cannot go on: ${error.message}`, {
    code: error.code,
    remedy: tlsRemedy(error.code) ?? REMEDIES[error.code] ?? 'mend it on the side of Kafka, then start again',
    cause: error,
  });
}
