import { Pool } from 'undici';
import { errorText } from '../../base/errors.ts';
import { shownUrl } from '../../deployment/logger-url.ts';
import { cloudEventHeaders, type EventOrigin } from './cloud-event.ts';
import type { LoggedPayload } from './logged-payload.ts';
import { DeliveryError, type Receiver } from './receiver.ts';

export interface HttpReceiverOptions {
  readonly url: string;
  /** Posts at one time, each on a connection of its own. */
  readonly connections: number;
  /** Limit of one post, from its start to the end of the answer. */
  readonly timeoutMs: number;
}

// Of 5xx, these two say that trying again is of no use.
const FINAL = new Set([501, 505]);
const PASSING = new Set([408, 425, 429]);

/** Posts events as CloudEvents to one URL. */
export class HttpReceiver implements Receiver {
  readonly name: string;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #origin: EventOrigin;
  readonly #authorization: readonly string[];
  readonly #timeoutMs: number;

  /** Connects to nothing yet. The URL has been checked. */
  constructor(options: HttpReceiverOptions, origin: EventOrigin) {
    const url = new URL(options.url);
    this.name = shownUrl(options.url);
    this.#origin = origin;
    this.#path = url.pathname + url.search;
    this.#authorization = basicAuthorization(url);
    this.#timeoutMs = options.timeoutMs;
    this.#pool = new Pool(url.origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      connectTimeout: options.timeoutMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async send(payload: LoggedPayload): Promise<void> {
    const status = await this.#post(payload);
    if (status >= 200 && status < 300) return;
    throw new DeliveryError(`it answered ${status}`, PASSING.has(status) || (status >= 500 && !FINAL.has(status)));
  }

  async #post(payload: LoggedPayload): Promise<number> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const headers = [...cloudEventHeaders(payload, this.#origin), ...this.#authorization];
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers,
        body: payload.body,
        signal,
      });
      await body.dump({ limit: MAX_ANSWER_BYTES, signal });
      return statusCode;
    } catch (error) {
      const why = signal.aborted ? `no answer within ${this.#timeoutMs} ms` : errorText(error);
      throw new DeliveryError(why, true, error);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** What an answer says is of no interest; a longer one costs its connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

function basicAuthorization({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return [];
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return ['Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`];
}
