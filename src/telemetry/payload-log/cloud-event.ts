import type { PayloadKind } from '../../graph/channels.ts';
import type { LoggedPayload } from './logged-payload.ts';

/** What stands in every event of one executor, under Seldon's names. */
export interface EventOrigin {
  readonly deploymentName: string;
  readonly namespace: string;
  readonly predictorName: string;
  /** As the executor was told it. */
  readonly protocol: string;
  /** URL of the executor, the `source` of its events. */
  readonly source: string;
}

const TYPES: Readonly<Record<PayloadKind, string>> = {
  request: 'io.seldon.serving.inference.request',
  response: 'io.seldon.serving.inference.response',
  feedback: 'io.seldon.serving.feedback',
};

/** The CloudEvents type of an event. */
export function eventType(kind: PayloadKind): string {
  return TYPES[kind];
}

/** Headers of a CloudEvent 1.0 in the binary mode of HTTP, name and value in turn, with Seldon's attributes in Seldon's order. */
export function cloudEventHeaders(payload: LoggedPayload, origin: EventOrigin): string[] {
  const headers = [
    ...['Ce-Specversion', '1.0'],
    ...['Ce-Id', payload.id],
    ...['Ce-Time', new Date(payload.timeMs).toISOString()],
    ...['Ce-Type', eventType(payload.kind)],
    ...['Ce-Source', headerText(origin.source)],
    ...['Ce-Modelid', headerText(payload.node)],
    ...['Ce-Requestid', headerText(payload.puid)],
    ...['Ce-Inferenceservicename', headerText(origin.deploymentName)],
    ...['Ce-Namespace', headerText(origin.namespace)],
    ...['Ce-Endpoint', headerText(origin.predictorName)],
    ...['Ce-Protocol', headerText(origin.protocol)],
  ];
  if (payload.contentType !== '') headers.push('Content-Type', payload.contentType);
  if (payload.contentEncoding !== '') headers.push('Content-Encoding', payload.contentEncoding);
  if (payload.traceparent !== undefined) {
    headers.push('Ce-Traceparent', headerText(payload.traceparent), 'Traceparent', payload.traceparent);
  }
  return headers;
}

/** An attribute as the HTTP binding of CloudEvents writes it (3.1.3.2): what is not plain is percent-encoded UTF-8. */
function headerText(value: string): string {
  return value.replace(/[^!#$&-~]+/g, (part) => {
    return [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}
