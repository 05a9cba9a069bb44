import type { Problem } from '../../base/errors.ts';
import { errorTopicName, TOPIC_NAME_REMEDY, whyNoTopicName } from '../../deployment/topic-name.ts';
import type { StreamOptions } from '../../stream/options.ts';

/** What is wrong with the topics of a stream: names that Kafka refuses, and a stream that would feed itself. Empty ones are passed over. */
export function topicProblems(topics: Pick<StreamOptions, 'inputTopic' | 'outputTopic' | 'errorTopic'>): Problem[] {
  const { inputTopic, outputTopic } = topics;
  const errorTopic = outputTopic === '' ? undefined : errorTopicName(topics.errorTopic, outputTopic);
  const problems = [
    ...illegal('KAFKA_INPUT_TOPIC', inputTopic),
    ...illegal('KAFKA_OUTPUT_TOPIC', outputTopic),
    ...(topics.errorTopic === 'none' ? [] : illegal('KAFKA_ERROR_TOPIC', topics.errorTopic)),
  ];
  if (problems.length > 0 || inputTopic === '') return problems;
  if (inputTopic === outputTopic) {
    problems.push({
      path: 'KAFKA_OUTPUT_TOPIC',
      message: `'${outputTopic}' is the input topic too, so that every result would become a request`,
      remedy: 'name another topic',
    });
  }
  if (errorTopic === undefined) return problems;
  if (inputTopic === errorTopic) {
    problems.push({
      path: 'KAFKA_ERROR_TOPIC',
      message: `'${errorTopic}'${ofDefault(topics.errorTopic)} is the input topic too, so that every failed record would come back for ever`,
      remedy: "name another topic, or 'none'",
    });
  }
  if (topics.errorTopic === '') problems.push(...illegal('KAFKA_ERROR_TOPIC', errorTopic));
  return problems;
}

const ofDefault = (given: string): string => (given === '' ? ', as it is called where nothing is set,' : '');

function illegal(variable: string, topic: string): Problem[] {
  const why = topic === '' ? undefined : whyNoTopicName(topic);
  if (why === undefined) return [];
  return [{ path: variable, message: `'${topic.slice(0, 80)}' is no topic name: ${why}`, remedy: TOPIC_NAME_REMEDY }];
}
