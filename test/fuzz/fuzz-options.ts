import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { COMBINATIONS, PROTOCOLS, TRANSPORTS, type Combination } from './combination.ts';
import { GRAPH_KINDS, type GraphKind } from './graphs.ts';
import { MODEL_KINDS, type ModelKind } from './run/stream-plan.ts';

export interface FuzzOptions {
  readonly combinations: readonly Combination[];
  readonly graphs: readonly GraphKind[];
  readonly models: readonly ModelKind[];
  /** Of each combination. */
  readonly records: number;
  readonly seed: number;
  /** Share of the answers of hostile models that are not good ones. */
  readonly hostility: number;
  /** Folder of the records that something is wrong with. */
  readonly save: string;
  /** Such a record, to be tried again alone. */
  readonly replay: string | undefined;
}

interface Given {
  readonly protocol?: string;
  readonly transport?: string;
  readonly graph?: string;
  readonly models?: string;
  readonly records: number;
  readonly seed?: number;
  readonly hostility: number;
  readonly save: string;
  readonly replay?: string;
}

/** Reads the command line. Commander prints what is wrong and ends the process with 1; `--help` ends it with 0. */
export function readFuzzOptions(args: readonly string[]): FuzzOptions {
  const one = (flags: string, choices: readonly string[]) => new Option(flags, 'only this one').choices([...choices]);
  const command = new Command('npm run fuzz --')
    .description(
      `Sends mutated records through real executors on a real Kafka, in every protocol and transport, over models that misbehave, and
checks that each comes out once, that what comes out is right, and that nothing crashes, hangs or leaks. Kafka is one of its own, or
that of MILLRACE_TEST_KAFKA (HOST:PORT, one broker).`,
    )
    .option('--records <N>', 'for each protocol and transport', whole, 100_000)
    .option('--seed <N>', 'of all that is random; by default a random one, which is printed', whole)
    .addOption(one('--protocol <NAME>', PROTOCOLS))
    .addOption(one('--transport <NAME>', TRANSPORTS))
    .addOption(one('--graph <KIND>', GRAPH_KINDS))
    .addOption(one('--models <KIND>', MODEL_KINDS))
    .option('--hostility <SHARE>', 'of the answers of hostile models, what is not good, 0 to 1', share, 0.2)
    .option('--save <DIR>', 'where records go that something is wrong with', 'fuzz-failures')
    .option('--replay <FILE>', 'such a record, again and alone')
    .parse(args, { from: 'user' });
  const given = command.opts<Given>();
  const isWanted = (wanted: string | undefined) => (name: string) => wanted === undefined || wanted === name;
  return {
    combinations: COMBINATIONS.filter(
      ({ protocol, transport }) => isWanted(given.protocol)(protocol) && isWanted(given.transport)(transport),
    ),
    graphs: GRAPH_KINDS.filter(isWanted(given.graph)),
    models: MODEL_KINDS.filter(isWanted(given.models)),
    records: given.records,
    seed: given.seed ?? randomInt(1, 1_000_000),
    hostility: given.hostility,
    save: given.save,
    replay: given.replay,
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}
