import type { Ledger } from './ledger.ts';

/** A stretch of the requests that was sent in one manner. */
export interface Phase {
  readonly title: string;
  /** Index of the first request, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** What came of a phase. Latencies are from the hand-over of a request to the Kafka client to the reading of its result. */
export interface PhaseReport {
  readonly title: string;
  readonly requests: number;
  readonly malformed: number;
  readonly results: number;
  readonly errors: number;
  /** Results whose likeliest class is the right one. */
  readonly correct: number;
  /** From the first request to the last answer, ms. */
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** @param truth class of each picture */
export function reportPhase(phase: Phase, ledger: Ledger, truth: readonly number[]): PhaseReport {
  const rejected = new Set(ledger.rejections.map(({ request }) => request));
  const latencies: number[] = [];
  let [malformed, results, errors, correct] = [0, 0, 0, 0];
  let [first, last] = [Infinity, -Infinity];
  for (let i = phase.from; i < phase.to; i++) {
    const request = ledger.requests[i];
    const sentAtMs = ledger.sentAtMs[i] ?? NaN;
    const endedAtMs = ledger.endedAtMs[i] ?? NaN;
    if (request?.malformed) malformed++;
    if (sentAtMs < first) first = sentAtMs;
    if (endedAtMs > last) last = endedAtMs;
    if (request === undefined || Number.isNaN(endedAtMs)) continue;
    if (rejected.has(request)) {
      errors++;
      continue;
    }
    results++;
    latencies.push(endedAtMs - sentAtMs);
    if (!request.malformed && truth[request.image] === ledger.predicted[i]) correct++;
  }
  const sorted = Float64Array.from(latencies).sort();
  return {
    title: phase.title,
    requests: phase.to - phase.from - malformed,
    malformed,
    results,
    errors,
    correct,
    durationMs: Math.max(0, last - first),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

/** The smallest value that at least this share of the values do not exceed (nearest rank); NaN of none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
