import type { ModelClient, NodeCall, NodeEndpoint } from '../../../graph/model-client.ts';
import type { Payload } from '../../../protocol/payload.ts';
import type { CallLog } from './call-log.ts';

export interface AnnouncingClientParts {
  readonly client: ModelClient;
  /** Does not wait long: for nodes that never answer. */
  readonly hasty: ModelClient;
  readonly silentNodes: ReadonlySet<string>;
  readonly log: CallLog;
}

/** The real client, which tells the log of each call before it makes it. */
export function announcingClient({ client, hasty, silentNodes, log }: AnnouncingClientParts): ModelClient {
  return {
    call(call: NodeCall): Promise<Payload> {
      log.announce(call.nodeName, call.method);
      return (silentNodes.has(call.nodeName) ? hasty : client).call(call);
    },
    checkReady: (node: string, endpoint: NodeEndpoint) => client.checkReady(node, endpoint),
    async close(): Promise<void> {
      await Promise.all([client.close(), hasty.close()]);
    },
  };
}
