/** Every status that a gRPC call can end with, by its number. */
export const GRPC_STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type GrpcStatus = (typeof GRPC_STATUSES)[number];

/** The name of a `grpc-status`; UNKNOWN for what is none (gRPC's rule). */
export function grpcStatus(code: string): GrpcStatus {
  return (/^\d{1,3}$/.test(code) ? GRPC_STATUSES[Number(code)] : undefined) ?? 'UNKNOWN';
}

const OF_HTTP: Readonly<Record<number, GrpcStatus>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** What an HTTP status means where there is no `grpc-status`: a proxy has answered (gRPC's table). */
export function grpcStatusOfHttp(status: number): GrpcStatus {
  return OF_HTTP[status] ?? 'UNKNOWN';
}

/** The text of a `grpc-message`, which is percent-encoded UTF-8; escapes that are broken stay as they are. */
export function grpcMessage(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at++) {
    const hex = encoded[at] === '%' ? encoded.slice(at + 1, at + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(encoded.charCodeAt(at) & 0xff);
  }
  return Buffer.from(bytes).toString();
}
