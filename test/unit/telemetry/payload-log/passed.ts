import type { PayloadPassed } from '../../../../src/graph/channels.ts';
import type { EventOrigin } from '../../../../src/telemetry/payload-log/cloud-event.ts';

export const origin: EventOrigin = {
  deploymentName: 'dep',
  namespace: 'ns',
  predictorName: 'main',
  protocol: 'seldon',
  source: 'http://:8000/',
};

/** A message at node `m`, as the graph tells of it. */
export function passed(body: string | Buffer, changes: Partial<PayloadPassed> = {}): PayloadPassed {
  return {
    node: 'm',
    logger: { requests: true, responses: true, url: undefined },
    kind: 'request',
    payload: { body: Buffer.from(body), contentType: 'application/json', contentEncoding: '' },
    puid: 'p1',
    traceparent: undefined,
    ...changes,
  };
}
