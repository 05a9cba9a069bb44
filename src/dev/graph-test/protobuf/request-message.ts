import { MESSAGE } from '../../../protocol/grpc/methods.ts';
import { HEADER, recordHeader } from '../../../protocol/headers.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import type { GraphTest } from '../format/graph-test.ts';

const PREDICT: Readonly<Record<Protocol, string>> = {
  seldon: MESSAGE.seldon,
  tensorflow: MESSAGE.predictRequest,
  v2: MESSAGE.inferRequest,
};

/** Full name of the message that a test sends: what its `proto-name` header says, else the protocol's own for that kind of test. */
export function requestMessage(protocol: Protocol, { kind, headers }: Pick<GraphTest, 'kind' | 'headers'>): string {
  const buffers = headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  return recordHeader(buffers, HEADER.protoName) || (kind === 'feedback' ? MESSAGE.feedback : PREDICT[protocol]);
}
