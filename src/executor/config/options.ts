import { boolean, choice, duration, integer, string } from '../../base/options.ts';

const WITHOUT_EFFECT = 'accepted for compatibility, without effect';

/** The executor's own options, as Seldon Core's executor spells them. */
export const executorOptions = {
  deploymentName: string({ default: '', flag: 'sdep', help: 'Name of the SeldonDeployment; required' }),
  namespace: string({ default: '', flag: 'namespace', help: 'Namespace of the SeldonDeployment; required' }),
  predictorName: string({ default: '', flag: 'predictor', help: 'Name of the predictor to run; required' }),
  file: string({
    default: '',
    flag: 'file',
    help: 'SeldonDeployment document to take the predictor from (.yaml, .yml, .json), instead of ENGINE_PREDICTOR',
  }),
  enginePredictor: string({
    default: '',
    env: 'ENGINE_PREDICTOR',
    help: "The predictor when no file is given: base64 of the JSON of one of the document's spec.predictors",
  }),
  serverType: choice({
    default: 'rpc',
    choices: ['rpc', 'kafka'],
    flag: 'server_type',
    help: 'kafka reads requests from a topic, and serves HTTP and gRPC too; rpc serves HTTP and gRPC only',
  }),
  protocol: choice({
    default: 'seldon',
    choices: ['seldon', 'tensorflow', 'v2', 'kfserving'],
    flag: 'protocol',
    help: 'Protocol of requests and model calls; kfserving is an old name of v2',
  }),
  transport: choice({
    default: 'rest',
    choices: ['rest', 'grpc'],
    flag: 'transport',
    help: 'Transport of model calls for records; requests over HTTP and gRPC go on as they came',
  }),
  httpPort: integer({
    default: 8080,
    min: 0,
    max: 65_535,
    flag: 'http_port',
    help: 'Port of HTTP requests, probes and metrics; 0 takes any free one',
  }),
  grpcPort: integer({
    default: 5000,
    min: 0,
    max: 65_535,
    flag: 'grpc_port',
    help: 'Port of gRPC requests; 0 takes any free one',
  }),
  prometheusPath: string({ default: '/metrics', flag: 'prometheus_path', help: 'HTTP path of the metrics' }),
  fullHealthChecks: boolean({
    default: false,
    flag: 'full_health_checks',
    help: "Ask the models' health endpoints before the start and on /ready; otherwise a connection is enough",
  }),
  gracefulTimeoutMs: duration({
    default: 15_000,
    min: 0,
    flag: 'graceful_timeout',
    help: 'Time to finish records and requests in flight after SIGTERM',
  }),
  shutdownDelayMs: duration({
    default: 0,
    min: 0,
    flag: 'shutdown_delay',
    help: 'Wait between SIGTERM and the begin of the shutdown',
  }),
  logLevel: string({
    default: 'INFO',
    flag: 'log_level',
    env: 'SELDON_LOG_LEVEL',
    help: 'DEBUG, INFO, WARN (or WARNING), ERROR, FATAL; anything else is INFO',
  }),
  debug: boolean({
    default: false,
    flag: 'debug',
    env: 'SELDON_DEBUG',
    help: 'Log for people instead of JSON, from level DEBUG',
  }),
  corsAllowedOrigins: string({
    default: '*',
    env: 'CORS_ALLOWED_ORIGINS',
    help: 'Access-Control-Allow-Origin of HTTP answers',
  }),
  corsAllowedHeaders: string({
    default: 'Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token',
    env: 'CORS_ALLOWED_HEADERS',
    help: 'Access-Control-Allow-Headers of HTTP answers',
  }),
  routingInjection: string({
    default: '',
    env: 'SELDON_ENABLE_ROUTING_INJECTION',
    help: 'Set to anything, also to 0 or false: the routes taken are written into meta.routing of what each node gives on',
  }),
  maxMessageBytes: integer({
    default: 128 * 1024 * 1024,
    min: 1024,
    max: 2 ** 31 - 1,
    unit: 'bytes',
    env: 'SERVER_MAX_MESSAGE_BYTES',
    help: 'Largest request over HTTP and gRPC, and answer of a model; seldon.io/grpc-max-message-size wins over gRPC',
  }),
  certMountPath: string({
    default: '',
    env: 'SELDON_CERT_MOUNT_PATH',
    help: 'Folder of the certificate; when it is set, both ports use TLS. Changed files are read again',
  }),
  certFileName: string({
    default: 'tls.crt',
    env: 'SELDON_CERT_FILE_NAME',
    help: 'File of the certificate and its chain (PEM) in that folder',
  }),
  certKeyFileName: string({
    default: 'tls.key',
    env: 'SELDON_CERT_KEY_FILE_NAME',
    help: 'File of its private key (PEM) in that folder',
  }),
  config: string({ default: '', flag: 'config', help: `${WITHOUT_EFFECT}, as in Seldon` }),
  hostname: string({ default: '', flag: 'hostname', help: 'Host name in the source of logged payloads' }),
} as const;
