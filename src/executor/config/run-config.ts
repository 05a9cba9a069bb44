import { join } from 'node:path';
import { MillraceError, problemsError, type Problem } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { defaultUnit } from '../../deployment/defaults/graph-defaults.ts';
import { parseOverride, resolveEnvironment } from '../../deployment/environment.ts';
import { parseDeployment } from '../../deployment/parse.ts';
import type { PredictorSpec, SeldonDeployment } from '../../deployment/seldon-deployment.ts';
import type { ExecutorConfig } from './executor-config.ts';
import { documentWords } from './document/document-words.ts';
import { kafkaConfig, kafkaVariables, modelTimeout } from './kafka-config.ts';
import { logConfig } from './log-config.ts';
import { endpointProblems, parseEndpoint, withLocalHosts } from './document/node-endpoint.ts';
import { executorOptions } from './options.ts';
import { sharedNames } from './document/shared-names.ts';
import { unknownWords } from './document/unknown-words.ts';
import { unreadVariables } from './document/unread-variables.ts';
import { readPayloadLog } from './read-payload-log.ts';
import { certificateVariables, serverLimits, tlsFiles } from './server-limits.ts';

/** What `millrace run` is told beside the document. */
export interface RunOptions {
  /** Name of the document in messages, usually its file. */
  readonly source: string;
  /** Which SeldonDeployment, where the document holds several. */
  readonly deployment?: string | undefined;
  readonly predictor?: string | undefined;
  readonly namespace?: string | undefined;
  /** NAME=VALUE each; they win over everything. */
  readonly env?: readonly string[] | undefined;
  /** NODE=HOST:PORT each; they win over the document's endpoints. */
  readonly endpoints?: readonly string[] | undefined;
  /** Directory that stands in for the cluster's Secrets and ConfigMaps. */
  readonly secrets?: string | undefined;
  readonly host: string;
  readonly httpPort: number;
  /** Negative for none; undefined for Seldon's 5000 where requests are all there is, and none for a stream processor. */
  readonly grpcPort?: number | undefined;
  readonly gracefulTimeoutMs: number;
  readonly shutdownDelayMs: number;
  readonly fullHealthChecks: boolean;
  readonly logLevel?: string | undefined;
  readonly logFormat: 'json' | 'people';
}

/**
 * Compiles a SeldonDeployment document to what one executor does, as the operator and a pod of it would, for this machine.
 * A KAFKA_* or SELDON_CERT_* variable of the process wins over the document's, and `--env` over both.
 *
 * @throws MillraceError that names what is missing, contradictory or wrong
 */
export function readRunConfig(
  document: string,
  options: RunOptions,
  processEnv: Readonly<Record<string, string | undefined>>,
): ExecutorConfig {
  const { deployment, notes } = parseDeployment(document, { source: options.source, name: options.deployment });
  const namespace = chooseNamespace(deployment, options.namespace);
  const placed = { ...deployment, metadata: { ...deployment.metadata, namespace } };
  const chosen = choosePredictor(deployment, options.predictor);
  const predictor = { ...chosen, graph: withLocalHosts(defaultUnit(chosen.graph)) };
  const endpoints = new Map((options.endpoints ?? []).map(parseEndpoint).map(({ node, endpoint }) => [node, endpoint]));

  const given = Object.fromEntries((options.env ?? []).map(parseOverride).map(({ name, value }) => [name, value]));
  const ambient = Object.fromEntries(
    Object.entries(processEnv).filter(([name, value]) => ambientVariables.has(name) && value) as [string, string][],
  );
  const overrides = { ...ambient, ...given };
  const env = resolveEnvironment(placed, chosen, { secretsDirectory: options.secrets, overrides });

  const words = documentWords(deployment);
  const annotations = { ...deployment.spec.annotations, ...predictor.annotations };
  const identity = { predictor: predictor.name, deploymentName: deployment.metadata.name, namespace };
  const compiled = words.serverType === 'kafka' ? kafkaConfig({ env }, identity) : undefined;
  const timeout = modelTimeout({ env });
  const own = readOptions(executorOptions, { env });
  const { maxMessageBytes } = own.values;
  const limits = serverLimits(annotations, words.transport, timeout.timeoutMs, maxMessageBytes);
  const problems: Problem[] = [
    ...words.problems,
    // To Seldon an unreadable SELDON_DEBUG is false.
    ...own.problems.filter(({ path }) => path !== 'SELDON_DEBUG'),
    ...(compiled === undefined ? timeout.problems : inTermsOfRun(compiled.problems)),
    ...limits.problems,
  ];
  const payload = readPayloadLog({ env }, predictor.graph, {
    deploymentName: identity.deploymentName,
    namespace,
    predictorName: predictor.name,
    protocol: deployment.spec.protocol || 'seldon',
    source: `http://${own.values.hostname}:${options.httpPort}/`,
  });
  problems.push(...payload.problems.filter(({ path }) => !problems.some((known) => known.path === path)));
  if (words.problems.length === 0) problems.push(...endpointProblems(predictor, words, endpoints));
  if (problems.length > 0) throw problemsError(`${options.source} cannot run here:`, 'RUN_INVALID', problems);

  const log = logConfig({
    level: options.logLevel ?? own.values.logLevel,
    levelGiven: options.logLevel !== undefined || env['SELDON_LOG_LEVEL'] !== undefined,
    debug: own.values.debug,
  });
  const modelTimeoutMs = limits.modelTimeoutMs[words.transport];
  const grpcPort = options.grpcPort ?? (compiled === undefined ? executorOptions.grpcPort.default : -1);
  // The operator mounts the Secret and names its folder.
  const certificateSecret = predictor.ssl?.certSecretName;
  const certMountPath = own.values.certMountPath || secretFolder(options.secrets, certificateSecret);
  return {
    deploymentName: identity.deploymentName,
    namespace,
    predictor,
    protocol: words.protocol,
    transport: words.transport,
    overrideEndpoints: endpoints,
    routingInjection: own.values.routingInjection !== '',
    kafka: compiled && { ...compiled.kafka, stream: { ...compiled.kafka.stream, modelTimeoutMs } },
    http: {
      host: options.host,
      port: options.httpPort,
      metricsPath: executorOptions.prometheusPath.default,
      corsAllowedOrigins: own.values.corsAllowedOrigins,
      corsAllowedHeaders: own.values.corsAllowedHeaders,
      maxMessageBytes,
    },
    grpc: grpcPort < 0 ? undefined : { host: options.host, port: grpcPort, maxMessageBytes: limits.maxMessageBytes },
    tls: tlsFiles({ ...own.values, certMountPath }),
    gracefulTimeoutMs: options.gracefulTimeoutMs,
    shutdownDelayMs: options.shutdownDelayMs,
    fullHealthChecks: options.fullHealthChecks,
    modelTimeoutMs: limits.modelTimeoutMs,
    maxAnswerBytes: limits.maxAnswerBytes,
    payloadLog: payload.payloadLog,
    annotations,
    log: { level: log.log.level, format: options.logFormat },
    notes: [...notes, ...whereFrom(chosen, ambient, given, env, compiled !== undefined)],
    warnings: [
      ...log.warnings,
      ...limits.warnings,
      ...payload.warnings,
      ...sharedNames(predictor.graph),
      ...unknownWords(predictor.graph),
      ...(compiled === undefined
        ? topicsNotRead(chosen)
        : unreadVariables([...(chosen.svcOrchSpec?.env ?? []).map(({ name }) => name), ...Object.keys(given)])),
      ...(certificateSecret && certMountPath === '' ? [withoutCertificate(certificateSecret)] : []),
    ],
  };
}

function chooseNamespace({ metadata }: SeldonDeployment, given: string | undefined): string {
  const written = metadata.namespace || undefined;
  // The namespace is part of the consumer group's name: the wrong one would read the topic from its begin.
  if (written !== undefined && given !== undefined && written !== given) {
    throw new MillraceError(`the document says namespace '${written}', and --namespace says '${given}'`, {
      code: 'NAMESPACE_CONTRADICTION',
      remedy: 'leave --namespace out, or change the document',
      exitCode: 2,
    });
  }
  return written ?? given ?? 'default';
}

function choosePredictor({ spec }: SeldonDeployment, name: string | undefined): PredictorSpec {
  const names = spec.predictors.map((predictor) => predictor.name).join(', ');
  const [first, ...others] = spec.predictors;
  const found = name === undefined ? first : spec.predictors.find((predictor) => predictor.name === name);
  if (found === undefined) {
    throw new MillraceError(`the document has no predictor${name === undefined ? '' : ` '${name}'`}`, {
      code: 'PREDICTOR_NOT_FOUND',
      remedy: names === '' ? 'add one to spec.predictors' : `its predictors are ${names}`,
    });
  }
  if (name === undefined && others.length > 0) {
    throw new MillraceError(`the document has ${spec.predictors.length} predictors: ${names}`, {
      code: 'PREDICTOR_AMBIGUOUS',
      remedy: 'choose one with --predictor NAME',
    });
  }
  return found;
}

/** The flags of the executor are no flags of `run`: say which variable instead. */
function inTermsOfRun(problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => {
    if (!problem.path.startsWith('--')) return problem;
    const variable = problem.path.slice(2).toUpperCase();
    return {
      path: variable,
      message: 'is not set',
      remedy: `set it in svcOrchSpec.env, or with --env ${variable}=VALUE`,
    };
  });
}

/** Variables of this shell that win over the document's. */
const ambientVariables: ReadonlySet<string> = new Set([...kafkaVariables, ...certificateVariables]);

/** One line on the broker, and one on what else this shell changes: nobody should read another cluster by accident. */
function whereFrom(
  predictor: PredictorSpec,
  ambient: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  streams: boolean,
): string[] {
  const others = Object.keys(ambient).filter((name) => name !== 'KAFKA_BROKER' && given[name] === undefined);
  const alsoFrom = others.length > 0 ? [`also from this shell: ${others.join(', ')}`] : [];
  if (!streams) return alsoFrom;
  const written = predictor.svcOrchSpec?.env?.find(({ name }) => name === 'KAFKA_BROKER')?.value;
  const instead = written !== undefined && written !== env['KAFKA_BROKER'] ? ` (the document says ${written})` : '';
  let from = 'the document';
  if (given['KAFKA_BROKER'] !== undefined) from = '--env';
  else if (ambient['KAFKA_BROKER'] !== undefined) from = "this shell's KAFKA_BROKER";
  return [`Kafka broker ${env['KAFKA_BROKER'] ?? ''}, from ${from}${instead}`, ...alsoFrom];
}

/** Settings of a stream in a document that is none: whoever wrote them expects records to be read. */
function topicsNotRead(predictor: PredictorSpec): string[] {
  const variable = predictor.svcOrchSpec?.env?.find(({ name }) => name === 'KAFKA_INPUT_TOPIC');
  if (variable === undefined) return [];
  return ['KAFKA_INPUT_TOPIC is set, and serverType is not kafka: requests are answered, and no topic is read'];
}

/** Where the certificate of a predictor is, as the operator would mount it; empty for none. */
function secretFolder(secrets: string | undefined, secretName: string | undefined): string {
  return secrets && secretName ? join(secrets, secretName) : '';
}

function withoutCertificate(secretName: string): string {
  return `ssl.certSecretName '${secretName}': ports are plain text here; --secrets DIR with DIR/${secretName}/tls.crt and tls.key gives them TLS`;
}
