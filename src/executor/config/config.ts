import { errorText, problemsError, type Problem } from '../../base/errors.ts';
import { readOptions, type OptionSpecs } from '../../base/options.ts';
import { connectionOptions, consumerOptions } from '../../kafka/options.ts';
import { streamOptions } from '../../stream/options.ts';
import { ANNOTATIONS_FILE, parseAnnotations } from './document/annotations.ts';
import type { ExecutorConfig } from './executor-config.ts';
import type { OptionGroup } from './flags/flag-usage.ts';
import type { GoFlags } from './flags/go-flags.ts';
import { kafkaConfig, kafkaOptionGroups, modelTimeout } from './kafka-config.ts';
import { logConfig } from './log-config.ts';
import { executorOptions } from './options.ts';
import { payloadLogOptions } from './payload-log-options.ts';
import { serverLimits, tlsFiles } from './server-limits.ts';
import { sharedNames } from './document/shared-names.ts';
import { unknownWords } from './document/unknown-words.ts';
import { loadPredictor } from './document/predictor-source.ts';
import { readPayloadLog } from './read-payload-log.ts';

const PROBE_PATHS = ['/live', '/ready'];

/** Every option that `millrace executor` takes. */
export const executorFlags: OptionSpecs = {
  ...executorOptions,
  ...connectionOptions,
  ...consumerOptions,
  ...streamOptions,
  ...payloadLogOptions,
};

/** The same under headings, for help and reference. */
export const executorOptionGroups: readonly OptionGroup[] = [
  { heading: 'Executor', specs: executorOptions },
  ...kafkaOptionGroups,
  { heading: 'Payload log', specs: payloadLogOptions },
];

export interface ConfigSources {
  readonly commandLine: GoFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/**
 * Compiles what Seldon's executor is given (flags, environment, predictor, annotations) with Seldon's precedence: a flag wins
 * over its variable, but KAFKA_WORKERS, KAFKA_AUTO_COMMIT and KAFKA_FULL_GRAPH win over their flags.
 *
 * @throws MillraceError CONFIG_INVALID with everything that is wrong, in the order in which Seldon's executor checks
 */
export function readExecutorConfig({ commandLine, env, readFile }: ConfigSources): ExecutorConfig {
  const { flags, rest } = commandLine;
  const warnings: string[] = [];
  if (rest.length > 0) warnings.push(ignoredArguments(rest));

  const { values, problems: found } = readOptions(executorOptions, { env, flags });
  // To Seldon an unreadable SELDON_DEBUG is false.
  const ownProblems = found.filter(({ path }) => path !== 'SELDON_DEBUG');
  if (ownProblems.length < found.length) {
    warnings.push(`SELDON_DEBUG: '${env['SELDON_DEBUG']}' is not true or false and taken for false`);
  }
  const problems: Problem[] = [
    ...required('sdep', values.deploymentName, 'the name of the SeldonDeployment'),
    ...required('namespace', values.namespace, 'the namespace of the SeldonDeployment'),
    ...required('predictor', values.predictorName, 'the name of the predictor'),
    ...ownProblems,
  ];
  if (!values.prometheusPath.startsWith('/') || PROBE_PATHS.includes(values.prometheusPath)) {
    problems.push({
      path: '--prometheus_path',
      message: `'${values.prometheusPath}' is not a path of its own`,
      remedy: 'give one that begins with / and is not /live or /ready, such as /metrics',
    });
  }

  const loaded = loadPredictor({
    file: values.file,
    encoded: env['ENGINE_PREDICTOR'],
    predictorName: values.predictorName,
    readFile,
  });
  const predictor = 'predictor' in loaded ? loaded.predictor : undefined;
  const identity = {
    predictor: predictor?.name ?? values.predictorName,
    deploymentName: values.deploymentName,
    namespace: values.namespace,
  };
  const compiled = values.serverType === 'kafka' ? kafkaConfig({ env, flags }, identity) : undefined;
  problems.push(...(compiled?.problems ?? []));
  problems.push(...(loaded.problems ?? []));

  const annotations = readAnnotations(readFile, warnings);
  const timeout = modelTimeout({ env, flags });
  if (compiled === undefined) problems.push(...timeout.problems);
  const limits = serverLimits(annotations, values.transport, timeout.timeoutMs, values.maxMessageBytes);
  problems.push(...limits.problems);
  warnings.push(...limits.warnings);
  const payload = readPayloadLog({ env, flags }, predictor?.graph, {
    deploymentName: values.deploymentName,
    namespace: values.namespace,
    predictorName: values.predictorName,
    protocol: values.protocol,
    // Without a host name, and so also with POD_NAME alone, it is Seldon's http://:8000/.
    source: `http://${values.hostname}:${values.httpPort}/`,
  });
  // The stream may have found the same in the settings of its own Kafka.
  problems.push(...payload.problems.filter(({ path }) => !problems.some((known) => known.path === path)));
  warnings.push(...payload.warnings);
  if (predictor !== undefined) warnings.push(...sharedNames(predictor.graph), ...unknownWords(predictor.graph));
  const { log, warnings: logWarnings } = logConfig({
    level: values.logLevel,
    levelGiven: flags['log_level'] !== undefined || Boolean(env['SELDON_LOG_LEVEL']),
    debug: values.debug,
  });
  warnings.push(...logWarnings);

  if (predictor === undefined || problems.length > 0) {
    const ignored = rest.length > 0 ? [{ path: 'note', message: ignoredArguments(rest) }] : [];
    throw problemsError('The executor cannot start:', 'CONFIG_INVALID', [...problems, ...ignored]);
  }
  const modelTimeoutMs = limits.modelTimeoutMs[values.transport];
  return {
    deploymentName: values.deploymentName,
    namespace: values.namespace,
    predictor,
    protocol: values.protocol === 'kfserving' ? 'v2' : values.protocol,
    transport: values.transport,
    overrideEndpoints: new Map(),
    routingInjection: values.routingInjection !== '',
    kafka: compiled && { ...compiled.kafka, stream: { ...compiled.kafka.stream, modelTimeoutMs } },
    http: {
      host: '::',
      port: values.httpPort,
      metricsPath: values.prometheusPath,
      corsAllowedOrigins: values.corsAllowedOrigins,
      corsAllowedHeaders: values.corsAllowedHeaders,
      maxMessageBytes: values.maxMessageBytes,
    },
    grpc: { host: '::', port: values.grpcPort, maxMessageBytes: limits.maxMessageBytes },
    tls: tlsFiles(values),
    gracefulTimeoutMs: values.gracefulTimeoutMs,
    shutdownDelayMs: values.shutdownDelayMs,
    fullHealthChecks: values.fullHealthChecks,
    modelTimeoutMs: limits.modelTimeoutMs,
    maxAnswerBytes: limits.maxAnswerBytes,
    payloadLog: payload.payloadLog,
    annotations,
    log,
    notes: [],
    warnings,
  };
}

function required(flag: string, value: string, what: string): Problem[] {
  return value === '' ? [{ path: `--${flag}`, message: 'required, and not given', remedy: `give ${what}` }] : [];
}

function ignoredArguments([first = '', ...others]: readonly string[]): string {
  const behind = others.length > 0 ? ' and everything behind it' : '';
  return `'${first}' is no flag: it${behind} is ignored (a switch takes its value as --debug=false)`;
}

function readAnnotations(readFile: (path: string) => string, warnings: string[]): Record<string, string> {
  try {
    return parseAnnotations(readFile(ANNOTATIONS_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      warnings.push(`${ANNOTATIONS_FILE} cannot be read, so there are no annotations: ${errorText(error)}`);
    }
    return {};
  }
}
