import { MALFORMED_COUNT } from '../../dev/demo/ledger/demo-request.ts';
import type { Phase } from '../../dev/demo/ledger/phase.ts';

/** The share of the requests that is sent at a moderate rate, and the time that takes at most. */
const STEADY_SHARE = 0.05;
const STEADY_LIMIT_S = 5;
/** A rate that the stream can keep up with: this share of what it has just done at full load. */
const STEADY_LOAD = 0.2;

/** How the requests are divided: how many are sent at once, and how many steadily after them. */
export interface PhasePlan {
  readonly atOnce: number;
  readonly steady: number;
}

/** Latency at full load is time in the queue; so that of a stream that keeps up is measured too, unless a rate was asked for. */
export function planPhases(requests: number, rate: number): PhasePlan {
  if (rate > 0) return { atOnce: requests, steady: 0 };
  const steady = Math.floor(requests * STEADY_SHARE);
  return { atOnce: requests - steady, steady };
}

/** The first phase: with the malformed requests among the others. */
export function firstPhase({ atOnce }: PhasePlan, rate: number): Phase {
  return { title: rate > 0 ? `${rate} a second` : 'all at once', from: 0, to: atOnce + MALFORMED_COUNT };
}

/**
 * The second phase, and its rate.
 *
 * @param measured records a second of the first
 */
export function steadyPhase({ steady }: PhasePlan, first: Phase, measured: number): Phase & { readonly rate: number } {
  const rate = Math.max(1, Math.round(measured * STEADY_LOAD), Math.ceil(steady / STEADY_LIMIT_S));
  return { title: `${rate} a second`, from: first.to, to: first.to + steady, rate };
}
