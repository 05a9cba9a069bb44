import type { Answer, RawRequest } from '../engine/raw-request.ts';
import type { Behaviour } from '../engine/runner.ts';
import type { Role } from '../role.ts';
import type { Signature } from '../tensors/tensor.ts';

export interface WorkerSettings {
  readonly behaviour: Behaviour;
  readonly name: string;
  readonly version: string;
  readonly role: Role;
}

export type WorkerRequest = RawRequest & { readonly id: number };

export type WorkerReply =
  | { readonly kind: 'ready'; readonly signature: Signature | undefined }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string; readonly remedy: string | undefined }
  | ({ readonly kind: 'answer'; readonly id: number } & Answer);
