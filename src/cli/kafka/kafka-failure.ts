import { MillraceError } from '../../base/errors.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import { tlsRemedy } from '../../kafka/security/tls-failure.ts';

/** A Kafka failure that a person must act on, with what to do about it. Other errors are given back as they are. */
export function explainKafkaError(error: unknown, topic: string): Error {
  if (!(error instanceof KafkaError)) return error instanceof Error ? error : new Error(String(error));
  const remedy = remedyOf(error.code, topic);
  const details = { code: `KAFKA_${error.code}`, cause: error };
  return new MillraceError(`Kafka: ${error.message}`, remedy === undefined ? details : { ...details, remedy });
}

function remedyOf(code: string, topic: string): string | undefined {
  if (code === 'SASL_AUTHENTICATION_FAILED' || code === 'UNSUPPORTED_SASL_MECHANISM') {
    return 'check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
  }
  switch (code) {
    case 'ILLEGAL_SASL_STATE':
      return 'set KAFKA_SECURITY_PROTOCOL to plaintext or ssl: this listener asks for no login';
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `give this user the right to use the topic '${topic}'`;
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return 'give this user the right IdempotentWrite (to produce) or Create (for --create-topic) on the cluster';
    case 'INVALID_TOPIC_EXCEPTION':
      return 'a topic name has letters, digits, dots, dashes and underscores, 249 at most';
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return `raise max.message.bytes of the topic '${topic}' (Kafka's default is 1 MiB), or send smaller records`;
    default:
      return tlsRemedy(code);
  }
}
