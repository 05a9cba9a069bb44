import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DELIVERIES, ORDERS, type Selection } from './cell.ts';
import type { Order } from '../checker/order.ts';
import type { Delivery } from '../checker/verdict.ts';
import { FAULTS } from './faults/all-faults.ts';

export interface ChaosOptions {
  readonly selection: Selection;
  /** How long cells are begun, seconds; undefined: each cell once. */
  readonly seconds: number | undefined;
  /** File for the results. */
  readonly json: string | undefined;
  /** Logs of all executors stay, not only those of cells that broke a promise. */
  readonly keepLogs: boolean;
  /** Names of the faults are all that is wanted. */
  readonly list: boolean;
}

interface Given {
  readonly seconds?: number;
  readonly minutes?: number;
  readonly seed?: number;
  readonly fault?: string[];
  readonly delivery?: string[];
  readonly order?: string[];
  readonly env?: Record<string, string>;
  readonly json?: string;
  readonly keepLogs?: boolean;
  readonly list?: boolean;
}

/** Reads the command line. Commander prints what is wrong and ends the process with 1; `--help` ends it with 0. */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const among = (flags: string, help: string, choices: readonly string[]) =>
    new Option(flags, help).choices([...choices]).argParser((value: string, before: string[] | undefined) => {
      if (!choices.includes(value)) throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`);
      return [...(before ?? []), value];
    });
  const command = new Command('npm run chaos --')
    .description(
      'Runs executors as real processes on a real Kafka of three brokers, lets faults loose on them, and proves from what the ' +
        'brokers hold that every promise was kept. Without a time it plays each cell (fault, delivery, order) once.',
    )
    .option('--seconds <N>', 'go on for so long, with new seeds', positive)
    .option('--minutes <N>', 'go on for so long, with new seeds', positive)
    .option('--seed <N>', 'of the first cell; by default a random one, which is printed', whole)
    .addOption(
      among(
        '--fault <NAME>',
        'only this one; may be repeated',
        FAULTS.map(({ name }) => name),
      ),
    )
    .addOption(among('--delivery <MODE>', 'only this one', DELIVERIES))
    .addOption(among('--order <MODE>', 'only this one; may be repeated', ORDERS))
    .option('--env <NAME=VALUE>', 'one more variable of all executors; may be repeated', variable)
    .option('--json <FILE>', 'write the results there too')
    .option('--keep-logs', 'keep the logs of all executors, and say where')
    .option('--list', 'say what the faults are, and end')
    .parse(args, { from: 'user' });
  const given = command.opts<Given>();
  const seconds = (given.minutes ?? 0) * 60 + (given.seconds ?? 0);
  return {
    selection: {
      faults: FAULTS.filter(({ name }) => given.fault?.includes(name) ?? true),
      deliveries: (given.delivery as Delivery[] | undefined) ?? DELIVERIES,
      orders: (given.order as Order[] | undefined) ?? ORDERS,
      seed: given.seed ?? randomInt(1, 1_000_000),
      env: given.env ?? {},
    },
    seconds: seconds === 0 ? undefined : seconds,
    json: given.json,
    keepLogs: given.keepLogs ?? false,
    list: given.list ?? false,
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function variable(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...before, [name]: value };
}
