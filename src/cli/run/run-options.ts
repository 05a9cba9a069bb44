import { boolean, duration, integer, string } from '../../base/options.ts';

/** Options of `millrace run`, besides those with a short form and those that may be given several times. */
export const runOptions = {
  predictor: string({
    default: '',
    flag: 'predictor',
    unit: 'name',
    help: 'the predictor to run; needed where the document has several',
  }),
  deployment: string({
    default: '',
    flag: 'deployment',
    unit: 'name',
    help: 'the SeldonDeployment to run; needed where the document holds several',
  }),
  secrets: string({
    default: '',
    flag: 'secrets',
    unit: 'dir',
    help: 'take secrets and config maps from files DIR/<name>/<key>',
  }),
  host: string({
    default: '127.0.0.1',
    flag: 'host',
    unit: 'address',
    help: 'address of requests, probes and metrics; :: is every address',
  }),
  httpPort: integer({
    default: 8080,
    min: 0,
    max: 65_535,
    flag: 'http-port',
    help: 'port of HTTP requests, probes and metrics; 0 takes any free one',
  }),
  grpcPort: integer({
    default: -1,
    min: -1,
    max: 65_535,
    flag: 'grpc-port',
    help: 'port of gRPC requests; 0 takes any free one, -1 is for none; 5000 for serverType rpc, else none',
  }),
  gracefulTimeoutMs: duration({
    default: 15_000,
    min: 0,
    flag: 'graceful-timeout',
    help: 'time to finish records and requests in flight at the end',
  }),
  shutdownDelayMs: duration({
    default: 0,
    min: 0,
    flag: 'shutdown-delay',
    help: 'wait between SIGTERM and the begin of the shutdown',
  }),
  fullHealthChecks: boolean({
    default: false,
    flag: 'full-health-checks',
    help: "ask the models' health endpoints before the start; otherwise a connection is enough",
  }),
  logLevel: string({
    default: '',
    flag: 'log-level',
    unit: 'level',
    help: 'DEBUG, INFO, WARN, ERROR or FATAL',
  }),
} as const;
