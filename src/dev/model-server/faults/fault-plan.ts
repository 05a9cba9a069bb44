import { seededRandom } from './random.ts';

export interface FaultSettings {
  /** Wait before each answer, and how much more it may be. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** The first so many calls fail. */
  readonly failFirst: number;
  /** Parts of all calls, 0 to 1; together 1 at most. */
  readonly failRate: number;
  readonly hangRate: number;
  readonly resetRate: number;
  readonly seed: number;
}

export interface PlannedCall {
  readonly delayMs: number;
  readonly outcome: 'answer' | 'fail' | 'hang' | 'reset';
  /** Why, in the words of the options. */
  readonly because: string;
  /** In [0, 1), for what the answer leaves to chance. */
  readonly random: number;
}

/** What happens to each call, in the order of their arrival: the same for the same settings. */
export function faultPlan(settings: FaultSettings): () => PlannedCall {
  const { delayMs, jitterMs, failFirst, failRate, hangRate, resetRate } = settings;
  const next = seededRandom(settings.seed);
  let calls = 0;
  return () => {
    calls++;
    // Three throws a call, whatever comes of them: changing one option does not change what the others do.
    const delay = delayMs + next() * jitterMs;
    const dice = next();
    const random = next();
    const planned = (outcome: PlannedCall['outcome'], because = ''): PlannedCall => {
      return { delayMs: delay, outcome, because, random };
    };
    if (calls <= failFirst) return planned('fail', `call ${calls} of --fail-first ${failFirst}`);
    if (dice < failRate) return planned('fail', `--fail-rate ${failRate}`);
    if (dice < failRate + hangRate) return planned('hang', `--hang-rate ${hangRate}`);
    if (dice < failRate + hangRate + resetRate) return planned('reset', `--reset-rate ${resetRate}`);
    return planned('answer');
  };
}
