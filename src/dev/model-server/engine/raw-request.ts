import type { Protocol } from '../../../protocol/payload.ts';

interface Request {
  readonly body: Uint8Array;
  /** In [0, 1), for what the answer leaves to chance. */
  readonly random: number;
}

export interface RestRequest extends Request {
  readonly transport: 'rest';
  readonly protocol: Protocol;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export interface GrpcRequest extends Request {
  readonly transport: 'grpc';
  /** `/package.Service/Method`. */
  readonly method: string;
}

/** A request as it came: bytes. */
export type RawRequest = RestRequest | GrpcRequest;

export interface Answer {
  /** HTTP status, over gRPC too. */
  readonly status: number;
  /** JSON over REST; over gRPC a message, or the text of what is wrong. */
  readonly body: string | Uint8Array;
}
