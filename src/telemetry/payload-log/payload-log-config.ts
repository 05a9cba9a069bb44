import type { ConnectionOptions } from '../../kafka/options.ts';
import type { EventOrigin } from './cloud-event.ts';

/** Where events go: each to the URL of its node's logger, or all to one topic. */
export type PayloadLogTarget =
  | {
      readonly kind: 'http';
      /** Every URL that a node's logger names, and `defaultUrl`. Checked. */
      readonly urls: readonly string[];
      /** For nodes whose logger names none. */
      readonly defaultUrl: string | undefined;
      /** Posts at one time to one URL. */
      readonly connections: number;
    }
  | { readonly kind: 'kafka'; readonly connection: ConnectionOptions; readonly topic: string };

/** What the payload log of one predictor does: complete and checked. */
export interface PayloadLogConfig {
  readonly origin: EventOrigin;
  readonly target: PayloadLogTarget;
  /** Events held at most, shared evenly by the receivers. */
  readonly maxEvents: number;
  /** Bytes held at most, shared in the same way. */
  readonly maxBytes: number;
}
