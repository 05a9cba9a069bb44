import type { GraphRequest } from '../../../graph/execute.ts';
import { requestMetadata } from '../../../protocol/grpc/metadata.ts';
import { HEADER, legalRecordHeader, recordHeader, requestHeaders } from '../../../protocol/headers.ts';
import { protobufPayload } from '../../../protocol/payload.ts';
import type { GraphTest } from '../format/graph-test.ts';
import type { TestedGraph } from '../format/tested-graph.ts';
import { requestMessage } from '../protobuf/request-message.ts';

/** The prediction id of a test that names none: always the same, so that calls can be compared. */
const TEST_PUID = 'graph-test';

/** What the graph gets of a test: as it would of a record with these headers. */
export function testRequest(test: GraphTest, { protocol, transport }: TestedGraph): GraphRequest {
  const present = test.headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  const shared = { puid: legalRecordHeader(present, HEADER.puid) ?? TEST_PUID, modelName: test.modelName };
  const { body } = test;
  if (transport === 'grpc') {
    const messageName = requestMessage(protocol, test);
    const payload = protobufPayload(messageName, body);
    return { ...shared, payload, headers: requestMetadata(present).headers };
  }
  // A record's stays behind, an HTTP client's goes on; a test may stand for either.
  const acceptEncoding = legalRecordHeader(present, HEADER.acceptEncoding);
  const { headers } = requestHeaders(present);
  return {
    ...shared,
    payload: {
      body,
      // An empty one stands for none.
      contentType: recordHeader(present, HEADER.contentType) ?? 'application/json',
      contentEncoding: legalRecordHeader(present, HEADER.contentEncoding) ?? '',
    },
    headers: acceptEncoding === undefined ? headers : [...headers, HEADER.acceptEncoding, acceptEncoding],
  };
}
