import { KafkaError } from '../kafka-error.ts';

/** Two processes with one name: the one that hears this ends. */
export function nameTaken(instanceId: string, cause: KafkaError): KafkaError {
  const what = `another process has taken the name KAFKA_GROUP_INSTANCE_ID=${instanceId}; every replica needs its own`;
  return new KafkaError(cause.code, what, 'fatal', cause);
}
