import { errorText } from '../../base/errors.ts';
import { certificateChanged, requestFaulted } from '../../rpc/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { LimitedLog } from './limited-log.ts';

/** Tells in the log what no client can be told. */
export function logRpc(log: LimitedLog, subscriptions: Subscriptions): void {
  subscriptions.add(requestFaulted, ({ service, error }) => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.limited(`fault ${service}`, 'error', { service, error: errorText(error), stack }, 'a request met a fault');
  });
  subscriptions.add(certificateChanged, ({ certFile, error }) => {
    if (error === undefined) log.logger.info({ certFile }, 'the certificate was read again');
    else log.logger.error({ certFile, error }, 'the changed certificate cannot be used; the one before it stays');
  });
}
