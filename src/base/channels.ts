import { channel, type Channel } from 'node:diagnostics_channel';

/**
 * A typed event channel. Lower floors publish what happened; telemetry subscribes. Nobody listening costs one branch, so hot
 * paths check `hasSubscribers` before they build the event.
 */
export interface EventChannel<E> {
  readonly name: string;
  readonly hasSubscribers: boolean;
  publish(event: E): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: E) => void): () => void;
}

/** A channel of that name; the same name is the same channel everywhere in the process (`node:diagnostics_channel`). */
export function eventChannel<E>(name: string): EventChannel<E> {
  const inner: Channel = channel(name);
  return {
    name,
    get hasSubscribers() {
      return inner.hasSubscribers;
    },
    publish(event) {
      inner.publish(event);
    },
    subscribe(listener) {
      const onMessage = (message: unknown) => listener(message as E);
      inner.subscribe(onMessage);
      return () => inner.unsubscribe(onMessage);
    },
  };
}
