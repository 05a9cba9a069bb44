/** Time as the pure cores see it: injected, so that a simulation owns it. */
export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  now(): number;
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { now: () => performance.now() };

/** Waits (what is due already, not at all), or ends early when the signal is aborted (without an error: the caller checks the signal). */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, delayMs));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The call's outcome, or the error as soon as the signal is aborted: then nobody looks at the outcome any more. */
export async function unlessAborted<T>(call: Promise<T>, signal: AbortSignal, error: () => Error): Promise<T> {
  call.catch(() => undefined);
  const done = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const give = () => reject(error());
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    done.abort();
  }
}
