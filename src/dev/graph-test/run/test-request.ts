import type { GraphRequest } from '../../../graph/execute.ts';
import { HEADER, recordHeader, legalRecordHeader, requestHeaders } from '../../../protocol/headers.ts';
import { bytesOf } from '../format/body.ts';
import type { GraphTest } from '../format/graph-test.ts';

/** The prediction id of a test that names none: always the same, so that calls can be compared. */
export const TEST_PUID = 'graph-test';

/**
 * What the graph gets of a test: as it would of a record with these headers, but that an `Accept-Encoding` goes on too, as it does
 * from an HTTP client. An empty `Content-Type` stands for none.
 */
export function testRequest(test: GraphTest): GraphRequest {
  const headers = test.headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  const acceptEncoding = legalRecordHeader(headers, HEADER.acceptEncoding);
  const sent = requestHeaders(headers).headers;
  return {
    payload: {
      body: bytesOf(test.body),
      contentType: recordHeader(headers, HEADER.contentType) ?? 'application/json',
      contentEncoding: legalRecordHeader(headers, HEADER.contentEncoding) ?? '',
    },
    headers: acceptEncoding === undefined ? sent : [...sent, HEADER.acceptEncoding, acceptEncoding],
    puid: legalRecordHeader(headers, HEADER.puid) ?? TEST_PUID,
    modelName: test.modelName,
  };
}
