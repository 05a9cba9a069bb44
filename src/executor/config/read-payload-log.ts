import { MillraceError, type Problem } from '../../base/errors.ts';
import { readOptions, type OptionSources } from '../../base/options.ts';
import { unitsOf } from '../../deployment/graph-units.ts';
import { loggerUrlProblem } from '../../deployment/logger-url.ts';
import { formatPath } from '../../deployment/path.ts';
import type { PredictiveUnit } from '../../deployment/seldon-deployment.ts';
import { connectionOptions } from '../../kafka/options.ts';
import { parseBrokers } from '../../kafka/security/security.ts';
import type { EventOrigin } from '../../telemetry/payload-log/cloud-event.ts';
import type { PayloadLogConfig, PayloadLogTarget } from '../../telemetry/payload-log/payload-log-config.ts';
import { payloadLogOptions } from './payload-log-options.ts';

export interface PayloadLogReading {
  /** Undefined where no unit logs its payloads, or something is wrong. */
  readonly payloadLog: PayloadLogConfig | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Compiles the settings of the payload log. A broker sends everything to Kafka, as in Seldon; else each unit needs a URL. */
export function readPayloadLog(
  sources: OptionSources,
  graph: PredictiveUnit | undefined,
  origin: EventOrigin,
): PayloadLogReading {
  const { values, problems: found } = readOptions(payloadLogOptions, sources);
  const problems: Problem[] = [...found];
  const warnings: string[] = [];
  if (graph === undefined || ![...unitsOf(graph)].some(({ unit }) => unit.logger !== undefined)) {
    return { payloadLog: undefined, problems, warnings };
  }
  if (values.logKafkaBroker === '' && sources.flags?.['log_kafka_topic']) {
    problems.push({
      path: '--log_kafka_topic',
      message: `'${values.logKafkaTopic}' is to get payloads, and nothing says on which brokers`,
      remedy: 'set --log_kafka_broker or LOGGER_KAFKA_BROKER, such as localhost:9092, or leave it out',
    });
  } else if (values.logKafkaBroker === '' && sources.env['LOGGER_KAFKA_TOPIC']) {
    warnings.push('LOGGER_KAFKA_TOPIC is set, but LOGGER_KAFKA_BROKER is not: payloads go to the URLs of the loggers');
  }
  const target =
    values.logKafkaBroker === ''
      ? httpTarget(graph, values.logDefaultEndpoint, values.loggerWorkers, problems)
      : kafkaTarget(values.logKafkaBroker, values.logKafkaTopic, sources, problems);
  if (problems.length > 0) return { payloadLog: undefined, problems, warnings };
  return {
    payloadLog: { origin, target, maxEvents: values.logBufferEvents, maxBytes: values.logBufferBytes },
    problems,
    warnings,
  };
}

function kafkaTarget(broker: string, topic: string, sources: OptionSources, problems: Problem[]): PayloadLogTarget {
  const connection = readOptions(connectionOptions, sources);
  problems.push(...connection.problems);
  try {
    parseBrokers(broker);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    problems.push({
      path: 'LOGGER_KAFKA_BROKER',
      message: `'${broker}' is no list of broker addresses`,
      remedy: 'write HOST:PORT, several separated by commas',
    });
  }
  return { kind: 'kafka', connection: { ...connection.values, broker }, topic };
}

function httpTarget(
  graph: PredictiveUnit,
  defaultUrl: string,
  connections: number,
  problems: Problem[],
): PayloadLogTarget {
  const urls = new Set<string>();
  for (const { unit, at } of unitsOf(graph)) {
    if (unit.logger === undefined) continue;
    const own = unit.logger.url ?? '';
    const url = own === '' ? defaultUrl : own;
    const path = formatPath(['graph', ...at, 'logger', 'url']);
    if (url === '') {
      problems.push({
        path,
        message: `unit '${unit.name}' logs its payloads, and nothing says where to`,
        remedy:
          "set it, or for all units REQUEST_LOGGER_DEFAULT_ENDPOINT (Seldon's operator sets http://default-broker), or " +
          'LOGGER_KAFKA_BROKER for Kafka',
      });
      continue;
    }
    const problem = urls.has(url) ? undefined : loggerUrlProblem(url);
    if (problem !== undefined)
      problems.push({ path: own === '' ? 'REQUEST_LOGGER_DEFAULT_ENDPOINT' : path, ...problem });
    urls.add(url);
  }
  return { kind: 'http', urls: [...urls], defaultUrl: defaultUrl === '' ? undefined : defaultUrl, connections };
}
