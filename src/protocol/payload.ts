/** A message between graph nodes: bytes with their type, passed on untouched unless a step needs what is inside. */
export interface Payload {
  readonly body: Buffer;
  /** MIME type; empty where the sender named none. */
  readonly contentType: string;
  /** `Content-Encoding` of the body; empty for none. */
  readonly contentEncoding: string;
  /**
   * `Inference-Header-Content-Length`: how many bytes of the body are JSON, where binary tensors follow it (an extension of the v2
   * protocol). Absent where there are none.
   */
  readonly jsonLength?: string;
  /** Full name of the protobuf message, such as `tensorflow.serving.PredictRequest`; absent in messages over HTTP. */
  readonly messageName?: string;
}

/** MIME type of protobuf messages. */
export const PROTOBUF_TYPE = 'application/protobuf';

/** A protobuf message, by its full name, as a payload. */
export function protobufPayload(messageName: string, body: Buffer): Payload {
  return { body, contentType: PROTOBUF_TYPE, contentEncoding: '', messageName };
}

/** The protocols of a SeldonDeployment; `kfserving` is the old name of `v2`. */
export type Protocol = 'seldon' | 'tensorflow' | 'v2';
/** How models are called: HTTP or gRPC. */
export type Transport = 'rest' | 'grpc';
