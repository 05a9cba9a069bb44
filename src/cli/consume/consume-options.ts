import { boolean, choice, duration, integer, string, type OptionValues } from '../../base/options.ts';
import { clientOptions } from '../kafka/client-options.ts';

/** How records are printed; `auto` is pretty on a terminal and value elsewhere. */
const FORMATS = ['auto', 'value', 'json', 'pretty', 'errors', 'protobuf'] as const;

/** Options of `millrace consume`, but for those that commander reads by itself: topic and partition. */
export const consumeOptions = {
  ...clientOptions,
  format: choice({
    default: 'auto',
    choices: FORMATS,
    flag: 'format',
    unit: 'format',
    help: 'how to print records; auto is pretty on a terminal and value elsewhere',
  }),
  errors: boolean({
    default: false,
    flag: 'errors',
    help: 'the same as --format errors: what went wrong, and with what',
  }),
  output: string({ default: '', flag: 'output', unit: 'file', help: 'write there (with a progress bar)' }),
  from: string({
    default: 'earliest',
    flag: 'from',
    unit: 'offset',
    help: 'where to begin in each partition: earliest, latest, an offset, or -N for the last N records',
  }),
  follow: boolean({ default: false, flag: 'follow', help: 'do not end at the present end of the topic' }),
  idleMs: duration({
    default: 0,
    min: 1,
    max: 86_400_000,
    flag: 'idle',
    help: 'with --follow: end when no record has come for TIME; exits with 1 if --max is not reached by then',
  }),
  max: integer({ default: 0, min: 1, flag: 'max', help: 'end after N records' }),
} as const;

export type ConsumeOptions = OptionValues<typeof consumeOptions>;
