import { batchTakenApart } from '../../models/batching/channels.ts';
import {
  attemptFailed,
  headersLeftOut,
  modelRecovered,
  modelWaiting,
  recordRejected,
  transactionEnded,
} from '../../stream/channels.ts';
import type { Subscriptions } from '../subscriptions.ts';
import type { LimitedLog } from './limited-log.ts';

/** Tells in the log what goes wrong with records; what goes well is in the metrics. */
export function logStream(log: LimitedLog, subscriptions: Subscriptions): void {
  subscriptions.add(attemptFailed, ({ partition, offset, node, attempt, error, delayMs }) => {
    const fields = { partition, offset, node, attempt, delayMs: Math.round(delayMs), error };
    log.limited(`attempt ${node}`, 'warn', fields, 'an attempt failed and will be repeated');
  });
  subscriptions.add(recordRejected, ({ partition, offset, code, node, message }) => {
    const fields = { partition, offset, code, node, error: message };
    log.limited(`rejected ${code} ${node}`, 'warn', fields, 'a record became an error record');
  });
  subscriptions.add(batchTakenApart, ({ node, requests, error }) => {
    const fields = { node, requests, error };
    log.limited(`batch ${node}`, 'warn', fields, 'a batch failed; its requests are sent one by one');
  });
  subscriptions.add(modelWaiting, ({ node, error, delayMs }) => {
    const fields = { node, delayMs: Math.round(delayMs), error };
    log.limited(`waiting ${node}`, 'warn', fields, 'a node cannot be reached; records wait');
  });
  subscriptions.add(modelRecovered, ({ node, downMs }) => {
    log.logger.info({ node, downMs: Math.round(downMs) }, 'the node answers again');
  });
  subscriptions.add(transactionEnded, ({ outcome, reason, records }) => {
    if (outcome === 'committed') return;
    log.limited(
      `aborted ${reason}`,
      'warn',
      { reason, records },
      'a transaction was aborted; its records are sent again',
    );
  });
  subscriptions.add(headersLeftOut, ({ count }) => {
    log.limited('headers', 'warn', { count }, 'record headers that HTTP cannot carry were left out of model calls');
  });
}
