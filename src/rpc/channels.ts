import { eventChannel } from '../base/channels.ts';

/** A request of a client has been answered. Probes, metrics and documents are not among them. */
export const requestAnswered = eventChannel<{
  /** `predictions`, `feedback`, `status`, `metadata`; of gRPC the method's full name, `/package.Service/Method`. */
  readonly service: string;
  /** HTTP method in lower case; of gRPC `unary`. */
  readonly method: string;
  /** HTTP status, or name of the gRPC status. */
  readonly code: string;
  readonly durationMs: number;
}>('millrace:rpc:request-answered');

/** A request met a fault of Millrace's own: its client got an error that says no more than that. */
export const requestFaulted = eventChannel<{ readonly service: string; readonly error: unknown }>(
  'millrace:rpc:request-faulted',
);

/** The files of the server's certificate have changed. With an error they cannot be used, and the certificate before them stays. */
export const certificateChanged = eventChannel<{ readonly certFile: string; readonly error: string | undefined }>(
  'millrace:rpc:certificate-changed',
);
