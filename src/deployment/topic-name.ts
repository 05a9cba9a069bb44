const MAX_TOPIC_LENGTH = 249;

/** What a topic may be called. */
export const TOPIC_NAME_REMEDY = `use 1 to ${MAX_TOPIC_LENGTH} letters, digits, '.', '_' and '-'`;

/** Why Kafka would refuse a topic of this name; undefined for a good one. Kafka's own rule. */
export function whyNoTopicName(topic: string): string | undefined {
  if (topic === '.' || topic === '..') return "'.' and '..' are reserved";
  const wrong = /[^a-zA-Z0-9._-]/u.exec(topic);
  if (wrong !== null) return `it has '${wrong[0]}'`;
  return topic.length > MAX_TOPIC_LENGTH ? `it has ${topic.length} characters` : undefined;
}

/**
 * The topic of a stream's failed records.
 *
 * @param given KAFKA_ERROR_TOPIC; empty for the default
 * @returns undefined for 'none': they are counted and dropped
 */
export function errorTopicName(given: string, outputTopic: string): string | undefined {
  if (given === 'none') return undefined;
  return given === '' ? `${outputTopic}-errors` : given;
}
