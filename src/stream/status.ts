import type { ConnectionRole } from '../kafka/channels.ts';

/** Where a stream stands at one moment: for `/ready`, metrics and displays. */
export interface StreamStatus {
  /** Partitions have been assigned at least once (none is an assignment too). */
  readonly joined: boolean;
  /** Read and not started. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** At the models. */
  readonly inFlightRecords: number;
  /** Started and not stored: at the models, waiting for their turn or for the broker. */
  readonly openRecords: number;
  readonly openBytes: number;
  readonly retryingRecords: number;
  /** Since a record was last stored. */
  readonly sinceProgressMs: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly position: number;
    readonly committed: number;
    readonly endOffset: number;
    readonly lag: number | undefined;
  }[];
  readonly waitingForModel: { readonly node: string; readonly error: string; readonly forMs: number } | undefined;
  readonly brokerTroubles: readonly { readonly role: ConnectionRole; readonly forMs: number }[];
}
