import { duration } from '../../base/options.ts';
import { connectionOptions } from '../../kafka/options.ts';

/** How the commands that talk to Kafka reach it: the environment of the executor, and two flags. */
export const clientOptions = {
  ...connectionOptions,
  broker: {
    ...connectionOptions.broker,
    flag: 'broker',
    unit: 'address',
    help: 'brokers to begin with, HOST:PORT[,HOST:PORT...]',
  },
  timeoutMs: duration({
    default: 30_000,
    min: 100,
    max: 86_400_000,
    flag: 'timeout',
    help: 'how long Kafka may be silent before the command gives up',
  }),
} as const;

/** Told at the end of the help of each such command. */
export const CLIENT_HELP = `
TLS and SASL come from the environment, as for the executor: KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_*, KAFKA_SASL_*.`;
