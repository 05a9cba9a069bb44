import type { Protocol, Transport } from '../payload.ts';
import type { BatchRules } from './batch-rules.ts';
import { seldonBatchRules } from './grpc/seldon-batch-rules.ts';
import { tensorflowBatchRules } from './grpc/tensorflow-batch-rules.ts';
import { v2BatchRules } from './grpc/v2-batch-rules.ts';
import { restBatchRules } from './rest/rest-batch-rules.ts';

const GRPC: Readonly<Record<Protocol, BatchRules>> = {
  seldon: seldonBatchRules,
  tensorflow: tensorflowBatchRules,
  v2: v2BatchRules,
};

/** How requests of a protocol are put into one, over a transport. */
export function batchRules(protocol: Protocol, transport: Transport): BatchRules {
  return transport === 'grpc' ? GRPC[protocol] : restBatchRules(protocol);
}
