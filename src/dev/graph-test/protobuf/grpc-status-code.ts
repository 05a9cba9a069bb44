import { grpcStatus } from '../../../protocol/grpc/status.ts';

const CODES = Array.from({ length: 17 }, (_, code) => grpcStatus(String(code)));

/** Names of gRPC's status codes, by number. */
export const GRPC_STATUSES: readonly string[] = CODES;

/** The number of a status by its name, as it travels. */
export function grpcStatusCode(name: string): string {
  return String(GRPC_STATUSES.indexOf(name));
}
