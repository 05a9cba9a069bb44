import type { Answer, RawRequest } from '../engine/answer-request.ts';
import type { Signature } from '../tensors/tensor.ts';

export interface WorkerSettings {
  /** ONNX file. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

export interface WorkerRequest extends RawRequest {
  readonly id: number;
}

export type WorkerReply =
  | { readonly kind: 'ready'; readonly signature: Signature }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string; readonly remedy: string | undefined }
  | ({ readonly kind: 'answer'; readonly id: number } & Answer);
