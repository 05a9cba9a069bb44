import { randomUUID } from 'node:crypto';
import type { PayloadKind, PayloadPassed } from '../../graph/channels.ts';

/** One event of the payload log, on its way to a receiver. */
export interface LoggedPayload {
  /** Made once: what is delivered twice after a retry has one id. */
  readonly id: string;
  readonly kind: PayloadKind;
  /** When the message passed, milliseconds since 1970. */
  readonly timeMs: number;
  readonly node: string;
  readonly puid: string;
  readonly traceparent: string | undefined;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Buffer;
}

// The objects around the bytes; without it a flood of tiny messages would know no limit in bytes.
const OVERHEAD_BYTES = 512;

/** What an event with this body keeps in memory. */
export function loggedSizeBytes(body: Buffer): number {
  return body.length + OVERHEAD_BYTES;
}

/** The event of a message, with bytes of its own. */
export function loggedPayload(passed: PayloadPassed, nowMs: number): LoggedPayload {
  const { node, kind, puid, traceparent, payload } = passed;
  return {
    id: randomUUID(),
    kind,
    timeMs: nowMs,
    node,
    puid,
    traceparent,
    contentType: payload.contentType,
    contentEncoding: payload.contentEncoding,
    body: ownBytes(payload.body),
  };
}

// A request is a view of all that one fetch brought: an event that waits must not keep the whole of it alive.
function ownBytes(body: Buffer): Buffer {
  if (body.buffer.byteLength <= 2 * body.length) return body;
  const own = Buffer.allocUnsafeSlow(body.length);
  body.copy(own);
  return own;
}
