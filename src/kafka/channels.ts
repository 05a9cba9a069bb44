import { eventChannel } from '../base/channels.ts';

/** A connection purpose of the client: each has its own connection per broker, so that a long poll delays nothing else. */
export type ConnectionRole = 'metadata' | 'group' | 'fetch' | 'produce';

/** A broker could not be reached, or a request to it failed in a way that passes; the client tries again after `delayMs`. */
export const brokerTrouble = eventChannel<BrokerTrouble>('millrace:kafka:trouble');

/** What failed, of whom, and when it is tried again. */
export interface BrokerTrouble {
  readonly role: ConnectionRole;
  /** Node id; undefined where no broker in particular is meant. */
  readonly broker?: number | undefined;
  readonly what: string;
  readonly error: string;
  readonly attempt: number;
  readonly delayMs: number;
}

/** What `brokerTrouble` reported for the role and broker has passed. */
export const brokerRecovered = eventChannel<{
  readonly role: ConnectionRole;
  readonly broker: number | undefined;
  readonly downMs: number;
  /** Troubles of the role that are still open, with other brokers. */
  readonly left: number;
}>('millrace:kafka:recovered');

/** These partitions are ours from now on, beside those that were before; reading begins at `offset`. */
export const partitionsAssigned = eventChannel<{
  readonly group: string;
  readonly topic: string;
  readonly generation: number;
  readonly memberId: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[];
}>('millrace:kafka:assigned');

/** These partitions are ours no more. */
export const partitionsRevoked = eventChannel<{
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Lost: the group gave them away already, nothing can be committed. */
  readonly lost: boolean;
  readonly reason: string;
}>('millrace:kafka:revoked');

/** These partitions are ours, and cannot be read before a transaction ends that their last owner has left open. */
export const offsetsAwaited = eventChannel<{
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}>('millrace:kafka:awaited');

/** The coordinator has stored these offsets of the group. */
export const offsetsCommitted = eventChannel<{
  readonly group: string;
  readonly topic: string;
  readonly offsets: readonly { readonly partition: number; readonly offset: number }[];
  readonly durationMs: number;
}>('millrace:kafka:committed');

/** The input topic was deleted, and another of its name is there: these are read from its begin, and work on the old is dropped. */
export const topicReplaced = eventChannel<{ readonly topic: string; readonly partitions: readonly number[] }>(
  'millrace:kafka:topic-replaced',
);

/**
 * The next offset to read is not in the log; reading goes on at `to`. `deleted`: records that had not been read are no longer there.
 * `cut`: the log ends before it, so the brokers have lost what they had acknowledged.
 */
export const offsetOutOfRange = eventChannel<{
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly is: 'deleted' | 'cut';
}>('millrace:kafka:out-of-range');

/** A produce request was answered. */
export const recordsProduced = eventChannel<{
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  readonly sizeBytes: number;
  readonly durationMs: number;
}>('millrace:kafka:produced');

/** The input topic is not there (yet). */
export const topicMissing = eventChannel<{ readonly topic: string; readonly role: 'input' | 'output' | 'error' }>(
  'millrace:kafka:topic-missing',
);

/** The topic was not there, and has been created. */
export const topicCreated = eventChannel<{ readonly topic: string; readonly partitions: number }>(
  'millrace:kafka:topic-created',
);
