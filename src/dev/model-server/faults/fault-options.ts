import { duration, integer, number, string } from '../../../base/options.ts';

const RATE = { default: 0, min: 0, max: 1 } as const;

/** Delays and faults that are asked for, of every role. */
export const faultOptions = {
  delayMs: duration({ default: 0, min: 0, max: 3_600_000, flag: 'delay', help: 'wait before each answer' }),
  jitterMs: duration({
    default: 0,
    min: 0,
    max: 3_600_000,
    flag: 'jitter',
    help: 'up to so much longer, by chance',
  }),
  failRate: number({ ...RATE, flag: 'fail-rate', help: 'part of the calls that fail, 0 to 1' }),
  failFirst: integer({ default: 0, min: 0, flag: 'fail-first', unit: 'calls', help: 'the first N calls fail' }),
  failStatus: string({
    default: '503',
    flag: 'fail-status',
    unit: 'status',
    help: 'how they fail: an HTTP status or the name of a gRPC one; the other transport has the one that matches',
  }),
  retryAfterMs: duration({
    default: 0,
    min: 0,
    max: 86_400_000,
    flag: 'retry-after',
    help: 'when to come back, which failures say (HTTP: whole seconds)',
  }),
  hangRate: number({ ...RATE, flag: 'hang-rate', help: 'part of the calls that get no answer until the time limit' }),
  resetRate: number({ ...RATE, flag: 'reset-rate', help: 'part of the calls whose connection is cut' }),
  seed: integer({
    default: 1,
    min: 0,
    max: 0xffff_ffff,
    flag: 'seed',
    unit: 'number',
    help: 'of chance: the same seed, the same faults for the same order of calls',
  }),
} as const;
