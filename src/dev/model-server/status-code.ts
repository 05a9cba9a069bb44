import { status } from '@grpc/grpc-js';

/** A failure in both worlds. */
export interface StatusCode {
  readonly http: number;
  /** gRPC's number. */
  readonly grpc: number;
}

// Google's table of both; where it has several gRPC codes for a status, the first one here.
const TABLE: readonly (readonly [http: number, ...grpc: readonly (keyof typeof status)[]])[] = [
  [400, 'INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'OUT_OF_RANGE'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED', 'ALREADY_EXISTS'],
  [413, 'RESOURCE_EXHAUSTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [500, 'INTERNAL', 'UNKNOWN', 'DATA_LOSS'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
];

/** The gRPC code of an HTTP status; UNKNOWN where none matches. */
export function grpcCodeOf(http: number): number {
  const [, name] = TABLE.find(([one]) => one === http) ?? [];
  return status[name ?? 'UNKNOWN'];
}

/** A failure by its HTTP status (201 to 599) or its gRPC name; undefined for what is neither. */
export function parseStatusCode(text: string): StatusCode | undefined {
  if (/^\d{3}$/.test(text)) {
    const http = Number(text);
    return http > 200 && http < 600 ? { http, grpc: grpcCodeOf(http) } : undefined;
  }
  const name = text.toUpperCase() as keyof typeof status;
  const rows = TABLE.filter(([, ...names]) => names.includes(name));
  const http = rows.at(-1)?.[0];
  return http === undefined ? undefined : { http, grpc: status[name] };
}
