import { errorText } from '../../base/errors.ts';
import { requestFaulted } from '../../rpc/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { LimitedLog } from './limited-log.ts';

/** Tells in the log what no client can be told. */
export function logRpc(log: LimitedLog, subscriptions: Subscriptions): void {
  subscriptions.add(requestFaulted, ({ service, error }) => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.limited(`fault ${service}`, 'error', { service, error: errorText(error), stack }, 'a request met a fault');
  });
}
