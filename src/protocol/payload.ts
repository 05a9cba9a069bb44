/** A message between graph nodes: bytes with their type, passed on untouched unless a step needs what is inside. */
export interface Payload {
  readonly body: Buffer;
  /** MIME type; empty where the sender named none. */
  readonly contentType: string;
  /** `Content-Encoding` of the body; empty for none. */
  readonly contentEncoding: string;
}

/** The protocols of a SeldonDeployment; `kfserving` is the old name of `v2`. */
export type Protocol = 'seldon' | 'tensorflow' | 'v2';
export type Transport = 'rest' | 'grpc';
