import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { readPayloadLog } from '../../../../src/executor/config/read-payload-log.ts';

const origin = {
  deploymentName: 'dep',
  namespace: 'ns',
  predictorName: 'p',
  protocol: 'seldon',
  source: 'http://:8000/',
};
type Env = Readonly<Record<string, string>>;

const logs = (url?: string): PredictiveUnit['logger'] => ({ mode: 'all', ...(url !== undefined && { url }) });
const graph = (...urls: readonly (string | undefined)[]): PredictiveUnit => ({
  name: 'root',
  children: urls.map((url, i) => ({ name: `n${i}`, logger: logs(url) })),
});

const read = (unit: PredictiveUnit, env: Env = {}, flags: Env = {}) => readPayloadLog({ env, flags }, unit, origin);
const problemsOf = (...args: Parameters<typeof read>) => {
  const { problems, payloadLog } = read(...args);
  assert.equal(payloadLog, undefined);
  return problems.map(({ path, message }) => `${path}: ${message}`);
};

suite('a graph without loggers', () => {
  test('needs nothing, and gets no payload log', () => {
    const reading = read({ name: 'm' }, { LOGGER_KAFKA_TOPIC: 't' }, { log_kafka_topic: 't' });
    assert.deepEqual(reading, { payloadLog: undefined, problems: [], warnings: [] });
  });

  test('a flag that is wrong is told all the same', () => {
    assert.deepEqual(problemsOf({ name: 'm' }, {}, { logger_workers: '0' }), [
      "--logger_workers: '0' is not a whole number from 1 to 1000",
    ]);
  });
});

suite('over HTTP', () => {
  test("each node's own URL, and the default for the others", () => {
    const env = { REQUEST_LOGGER_DEFAULT_ENDPOINT: 'http://default-broker' };
    const flags = { logger_workers: '3', log_work_buffer_size: '7' };
    const { payloadLog } = read(graph('http://a/', undefined, '', 'http://a/'), env, flags);
    assert.deepEqual(payloadLog, {
      origin,
      target: {
        kind: 'http',
        urls: ['http://a/', 'http://default-broker'],
        defaultUrl: 'http://default-broker',
        connections: 3,
      },
      maxEvents: 7,
      maxBytes: 64 * 1024 * 1024,
    });
  });

  test('a node without a URL, and no default', () => {
    assert.deepEqual(problemsOf(graph('http://a/', undefined)), [
      "graph.children[1].logger.url: unit 'n1' logs its payloads, and nothing says where to",
    ]);
  });

  test('URLs that cannot be used are named without what could be a secret', () => {
    const env = { REQUEST_LOGGER_DEFAULT_ENDPOINT: 'ftp://me:hush@x/' };
    const problems = problemsOf(graph('http://', undefined), env);
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? '', /^graph\.children\[0\]\.logger\.url: 'http:\/\/' is no URL/);
    assert.equal(problems[1], "REQUEST_LOGGER_DEFAULT_ENDPOINT: 'ftp://***@x/' is not a URL of http or https");
  });
});

suite('to Kafka', () => {
  test('a broker takes everything, whatever the URLs are; the topic is seldon', () => {
    const { payloadLog } = read(graph(undefined), {
      LOGGER_KAFKA_BROKER: 'logs:9093',
      KAFKA_BROKER: 'stream:9092',
      KAFKA_SECURITY_PROTOCOL: 'ssl',
    });
    assert.equal(payloadLog?.target.kind, 'kafka');
    assert.equal(payloadLog.target.topic, 'seldon');
    assert.equal(payloadLog.target.connection.broker, 'logs:9093');
    assert.equal(payloadLog.target.connection.securityProtocol, 'ssl');
  });

  test('flags win over variables', () => {
    const env = { LOGGER_KAFKA_BROKER: 'a:1', LOGGER_KAFKA_TOPIC: 'x' };
    const { payloadLog } = read(graph(undefined), env, { log_kafka_broker: 'b:2', log_kafka_topic: 'y' });
    assert.equal(payloadLog?.target.kind, 'kafka');
    assert.deepEqual([payloadLog.target.connection.broker, payloadLog.target.topic], ['b:2', 'y']);
  });

  test('brokers and settings that cannot be used', () => {
    const env = { LOGGER_KAFKA_BROKER: 'logs:port', KAFKA_SASL_MECHANISM: 'GSSAPI' };
    assert.deepEqual(problemsOf(graph(undefined), env), [
      "KAFKA_SASL_MECHANISM: 'GSSAPI' is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
      "LOGGER_KAFKA_BROKER: 'logs:port' is no list of broker addresses",
    ]);
  });

  test('the flag of a topic without a broker (a panic in Seldon) stops the start', () => {
    assert.deepEqual(problemsOf(graph('http://a/'), {}, { log_kafka_topic: 't' }), [
      "--log_kafka_topic: 't' is to get payloads, and nothing says on which brokers",
    ]);
  });

  test('the variable of a topic without a broker means nothing, as in Seldon, and is told', () => {
    const { payloadLog, warnings } = read(graph('http://a/'), { LOGGER_KAFKA_TOPIC: 't' });
    assert.equal(payloadLog?.target.kind, 'http');
    assert.match(warnings.join(), /^LOGGER_KAFKA_TOPIC is set, but LOGGER_KAFKA_BROKER is not/);
  });
});
