import type { EventChannel } from '../base/channels.ts';

/**
 * Listeners on event channels that end together. What a listener throws never reaches the publisher, whose records matter more
 * than their metrics: it goes to `onError`.
 */
export class Subscriptions {
  readonly #ends: (() => void)[] = [];
  readonly #onError: (error: unknown, channel: string) => void;

  constructor(onError: (error: unknown, channel: string) => void) {
    this.#onError = onError;
  }

  add<E>(channel: EventChannel<E>, listener: (event: E) => void): void {
    const end = channel.subscribe((event) => {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error, channel.name);
      }
    });
    this.#ends.push(end);
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
