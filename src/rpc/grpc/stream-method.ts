import type { handleBidiStreamingCall, handleServerStreamingCall } from '@grpc/grpc-js';

/** A method that answers with several messages, encoded. */
export type StreamMethod =
  | {
      readonly path: string;
      readonly type: 'bidi';
      readonly handler: handleBidiStreamingCall<Buffer, Buffer>;
    }
  | {
      readonly path: string;
      readonly type: 'serverStream';
      readonly handler: handleServerStreamingCall<Buffer, Buffer>;
    };
