/** A call whose message has arrived. */
export interface GrpcRequest {
  /** The message as it came, not decoded. */
  readonly body: Buffer;
  /** Metadata for every model call, name and value in turn. */
  readonly headers: readonly string[];
  /** Id of the prediction, given or made. */
  readonly puid: string;
  /** Aborted when the client is gone or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** A method that answers one message with one message. */
export interface UnaryMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Whether calls are measured as requests of clients. */
  readonly isMeasured: boolean;
  /** Answers with a message, encoded. */
  answer(request: GrpcRequest): Buffer | Promise<Buffer>;
}

/** A message of no fields: `google.protobuf.Empty`, or any other with nothing but defaults. */
export const EMPTY_MESSAGE = Buffer.alloc(0);
