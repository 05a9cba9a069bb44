import { Command, InvalidArgumentError, Option } from 'commander';

const DELIVERIES = ['at-least-once', 'exactly-once'] as const;
export type Delivery = (typeof DELIVERIES)[number];
export type SoakTransport = 'rest' | 'grpc';

export interface SoakOptions {
  readonly records: number;
  /** Ends earlier when so much time is over. */
  readonly seconds: number;
  readonly delivery: Delivery;
  readonly transport: SoakTransport;
  readonly sampleSeconds: number;
  /** File for a chart. */
  readonly svg?: string;
  /** File for the samples. */
  readonly csv?: string;
}

/** Reads the command line. Commander prints what is wrong and ends the process with 1; `--help` ends it with 0. */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  const command = new Command('npm run soak --')
    .description(
      `Streams records through a real executor on a real Kafka, with 1 % of the calls failing once and 0.1 % of the records unusable, and
measures what the process holds after a collection of its garbage, again and again. Ends with 1 when that grows, or when a
record is lost or comes out twice. Kafka is one of its own, or that of MILLRACE_TEST_KAFKA (HOST:PORT, one broker).`,
    )
    .option('--records <N>', 'how many', positive, 1_000_000)
    .option('--seconds <N>', 'send no more after so long', positive, 3_600)
    .addOption(new Option('--delivery <MODE>', 'KAFKA_DELIVERY').choices([...DELIVERIES]).default(DELIVERIES[0]))
    .addOption(
      new Option('--transport <NAME>', 'of the model, protocol tensorflow').choices(['rest', 'grpc']).default('rest'),
    )
    .option('--sample-seconds <N>', 'between two samples', positive, 5)
    .option('--svg <FILE>', 'draw what was measured')
    .option('--csv <FILE>', 'write what was measured')
    .parse(args, { from: 'user' });
  return command.opts<SoakOptions>();
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
