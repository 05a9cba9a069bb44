import type { OpenTrouble } from '../../kafka/cluster/troubles.ts';
import type { StreamStatus } from './status.ts';
import { secondsText, troubleText } from './trouble-text.ts';

/** How long each kind of silence may last, in milliseconds. */
export interface StuckLimits {
  /** Nothing moves, and nobody says why. */
  readonly stallMs: number;
  /** What an attempt takes at most by its own limits. */
  readonly attemptMs: number;
  /** What a rebalance takes at most. */
  readonly rebalanceMs: number;
}

/** What is looked at beside the status. */
export interface StuckSigns extends Omit<StreamStatus, 'stuck'> {
  /** Since the oldest attempt under way began; 0 for none. */
  readonly oldestAttemptMs: number;
  readonly postponedRecords: number;
  /** How long the next retry has been due; 0 or less while it is not. */
  readonly retryOverdueMs: number;
  /** Since anything was started, answered or stored, or the model that was waited for came back. */
  readonly sinceMovedMs: number;
}

// Brokers that are away come back, and a restart would not bring them. But it brings new addresses and new logins, so there is an end to
// that, too.
const AWAY_FACTOR = 6;

/**
 * Why the stream cannot make progress, and has not for so long that a restart is the better way; one sentence each. Empty while it
 * works, has nothing to do, or waits for a model: that has its own limits, is told, and no restart would help. Pure.
 */
export function stuckReasons(signs: StuckSigns, limits: StuckLimits): readonly string[] {
  return [
    ...unread(signs, limits),
    ...unwritten(signs, limits),
    ...unconfirmed(signs, limits),
    ...unmoved(signs, limits),
  ];
}

function* unread({ partitions, brokerTroubles }: StuckSigns, { stallMs }: StuckLimits): Generator<string> {
  const { limitMs, why } = patience(stallMs, brokerTroubles, ['fetch']);
  const stuck = partitions.filter(({ unreadMs }) => unreadMs > limitMs);
  if (stuck.length === 0) return;
  const numbers = stuck.map(({ partition }) => partition).join(', ');
  const longest = Math.max(...stuck.map(({ unreadMs }) => unreadMs));
  yield `partition ${numbers} of the input topic has not been read for ${secondsText(longest)}${why}`;
}

function* unwritten({ slowestWrite, brokerTroubles }: StuckSigns, { stallMs }: StuckLimits): Generator<string> {
  const { limitMs, why } = patience(stallMs, brokerTroubles, ['produce']);
  if (slowestWrite === undefined || slowestWrite.forMs <= limitMs) return;
  const { topic, partition, forMs } = slowestWrite;
  yield `partition ${partition} of '${topic}' has taken no record for ${secondsText(forMs)}${why}`;
}

function* unconfirmed(
  { unconfirmedMs, brokerTroubles }: StuckSigns,
  { stallMs, rebalanceMs }: StuckLimits,
): Generator<string> {
  const { limitMs, why } = patience(stallMs, brokerTroubles, ['group', 'metadata']);
  if (unconfirmedMs > limitMs + rebalanceMs)
    yield `the consumer group has not confirmed our membership for ${secondsText(unconfirmedMs)}${why}`;
}

function* unmoved(signs: StuckSigns, { stallMs, attemptMs }: StuckLimits): Generator<string> {
  const { oldestAttemptMs, inFlightRecords, slowestWrite, waitingForModel } = signs;
  if (oldestAttemptMs > attemptMs + stallMs)
    yield `a call to the models has not ended for ${secondsText(oldestAttemptMs)}, beyond all its limits`;
  // These wait for something that is judged by itself.
  if (inFlightRecords > 0 || slowestWrite !== undefined || waitingForModel !== undefined) return;
  const { retryingRecords, postponedRecords, waitingRecords, openRecords, sinceMovedMs, retryOverdueMs } = signs;
  const restMs = retryingRecords > 0 ? Math.min(sinceMovedMs, retryOverdueMs) : sinceMovedMs;
  if (restMs > stallMs && waitingRecords + openRecords + postponedRecords > 0)
    yield `${waitingRecords + openRecords} records are there to be worked on, and nothing has been done for ${secondsText(restMs)}`;
}

/** What the brokers say of it buys time: then it is known what is waited for. */
function patience(stallMs: number, troubles: readonly OpenTrouble[], roles: readonly OpenTrouble['role'][]) {
  const why = troubleText(troubles, ...roles);
  return { limitMs: why === '' ? stallMs : stallMs * AWAY_FACTOR, why };
}
