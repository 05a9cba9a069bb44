import type { LogLimiter } from './log-limiter.ts';
import type { Logger } from './logger.ts';

/** A logger with a valve for messages that can come once per record. */
export class LimitedLog {
  readonly logger: Logger;
  readonly #limiter: LogLimiter;

  constructor(logger: Logger, limiter: LogLimiter) {
    this.logger = logger;
    this.#limiter = limiter;
  }

  /** Logs unless a message of the same key came a moment ago; the next that passes says how many were held back. */
  limited(key: string, level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    if (!this.logger.isLevelEnabled(level)) return;
    const heldBack = this.#limiter.pass(key);
    if (heldBack === undefined) return;
    this.logger[level](heldBack === 0 ? fields : { ...fields, heldBack }, message);
  }
}
