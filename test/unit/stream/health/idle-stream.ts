import type { StreamStatus } from '../../../../src/stream/health/status.ts';

/** A stream that has joined its group and has nothing to do. */
export const IDLE: StreamStatus = {
  joined: true,
  generation: 1,
  waitingRecords: 0,
  waitingBytes: 0,
  inFlightRecords: 0,
  openRecords: 0,
  openBytes: 0,
  retryingRecords: 0,
  sinceProgressMs: 0,
  partitions: [],
  waitingForModel: undefined,
  brokerTroubles: [],
  slowestWrite: undefined,
  unconfirmedMs: 0,
  stuck: [],
};
