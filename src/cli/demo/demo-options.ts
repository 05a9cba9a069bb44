import { boolean, integer, string } from '../../base/options.ts';

/** What `millrace demo` can be told. */
export const demoOptions = {
  requests: integer({
    default: 10_000,
    min: 10,
    max: 100_000,
    flag: 'requests',
    unit: 'requests',
    help: 'pictures to stream; each takes about 18 kB of disk while the demo runs',
  }),
  rate: integer({
    default: 0,
    min: 0,
    max: 100_000,
    flag: 'rate',
    unit: 'requests per second',
    help: 'send all of them at this rate; 0: most as fast as Kafka takes them, then a few at a moderate rate',
  }),
  workers: integer({
    default: 64,
    min: 1,
    max: 10_000,
    flag: 'workers',
    unit: 'records',
    help: 'records in flight at the model (KAFKA_WORKERS of the deployment)',
  }),
  broker: string({
    default: '',
    flag: 'broker',
    unit: 'address',
    help: 'use this Kafka, HOST:PORT[,HOST:PORT...], with topics of its own that are removed at the end; the default starts one',
  }),
  keep: boolean({
    default: false,
    flag: 'keep',
    help: 'leave everything running at the end, and print addresses and commands, until Ctrl-C',
  }),
  plain: boolean({ default: false, flag: 'plain', help: 'plain lines, as when the output is no terminal' }),
} as const;
