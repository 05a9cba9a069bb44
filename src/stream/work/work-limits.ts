/** Which results leave in the order in which their requests came. */
export type OrderMode = 'key' | 'unordered' | 'partition';

/** How much may be under way at one time. */
export interface WorkLimits {
  /** Records at the models at one time. */
  readonly workers: number;
  /** Records started and not yet stored, of which some wait for their turn. */
  readonly openRecords: number;
  /** Bytes of those records and of their results. */
  readonly openBytes: number;
  /** Bytes that may wait, over all partitions, before reading pauses. */
  readonly waitingBytes: number;
}
