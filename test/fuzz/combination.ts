import type { Protocol, Transport } from '../../src/protocol/payload.ts';

/** What a stream speaks with its models. */
export interface Combination {
  readonly protocol: Protocol;
  readonly transport: Transport;
}

export const PROTOCOLS = ['seldon', 'tensorflow', 'v2'] as const satisfies readonly Protocol[];
export const TRANSPORTS = ['rest', 'grpc'] as const satisfies readonly Transport[];

/** All six. */
export const COMBINATIONS: readonly Combination[] = PROTOCOLS.flatMap((protocol) =>
  TRANSPORTS.map((transport) => ({ protocol, transport })),
);

export function nameOf({ protocol, transport }: Combination): string {
  return `${protocol}-${transport}`;
}
