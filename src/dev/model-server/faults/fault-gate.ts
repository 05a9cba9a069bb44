import { sleep } from '../../../base/clock.ts';
import { OverloadError, RequestError } from '../request-error.ts';
import type { StatusCode } from '../status-code.ts';
import { faultPlan, type FaultSettings } from './fault-plan.ts';
import { ScriptedFailure, ScriptedReset } from './scripted-failure.ts';

export interface FaultGateSettings extends FaultSettings {
  readonly failCode: StatusCode;
  readonly retryAfterMs: number;
  /** Calls that may be held at one time. */
  readonly held: number;
  /** How long one may be held. */
  readonly requestTimeoutMs: number;
}

/** Every call passes here before it is answered. */
export interface FaultGate {
  /**
   * Holds the call as long as planned.
   *
   * @param signal the caller has gone
   * @returns a number in [0, 1) for what the answer leaves to chance
   * @throws ScriptedFailure, ScriptedReset; RequestError 503 for too many, 504 after the time limit, 499 when the caller has gone
   */
  pass(signal: AbortSignal): Promise<number>;
  /** Lets go of all that are held. */
  close(): void;
}

/** Carries out the plan of delays and faults. */
export function faultGate(settings: FaultGateSettings): FaultGate {
  const plan = faultPlan(settings);
  const { failCode, retryAfterMs, requestTimeoutMs } = settings;
  const held = new Set<AbortController>();
  let closed = false;

  async function hold(delayMs: number, signal: AbortSignal): Promise<void> {
    if (held.size >= settings.held) throw new OverloadError(held.size);
    const end = new AbortController();
    const gone = () => end.abort();
    held.add(end);
    signal.addEventListener('abort', gone, { once: true });
    try {
      await sleep(Math.min(delayMs, requestTimeoutMs), end.signal);
    } finally {
      held.delete(end);
      signal.removeEventListener('abort', gone);
    }
    if (signal.aborted) throw new RequestError(499, 'the caller has gone');
    if (closed) throw new RequestError(503, 'the model server is stopping');
    if (delayMs >= requestTimeoutMs) throw new RequestError(504, `no answer within ${requestTimeoutMs} ms`);
  }

  return {
    async pass(signal) {
      const { delayMs, outcome, because, random } = plan();
      const waitMs = outcome === 'hang' ? Infinity : delayMs;
      if (waitMs > 0) await hold(waitMs, signal);
      if (outcome === 'fail') throw new ScriptedFailure(because, failCode, retryAfterMs);
      if (outcome === 'reset') throw new ScriptedReset(because);
      return random;
    },
    close() {
      closed = true;
      for (const end of held) end.abort();
    },
  };
}
