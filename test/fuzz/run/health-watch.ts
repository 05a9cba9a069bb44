import { setTimeout as sleep } from 'node:timers/promises';
import type { MillraceProcess } from '../../stream/millrace-process.ts';

const INTERVAL_MS = 500;
/** A model on a busy machine may be away for a moment; the stream must be back when it is. */
const READY_LIMIT_MS = 60_000;

/** Asks `/live` and `/ready` again and again: the first must always answer 200, the second never fail for long. */
export class HealthWatch {
  readonly troubles: string[] = [];
  readonly #millrace: MillraceProcess;
  readonly #watching: Promise<void>;
  #stopped = false;
  #unreadySince: number | undefined;

  constructor(millrace: MillraceProcess) {
    this.#millrace = millrace;
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const live = await this.#ask('/live');
      if (live !== undefined) this.troubles.push(`/live ${live}`);
      this.#judge(await this.#ask('/ready?verbose'));
      await sleep(INTERVAL_MS);
    }
  }

  #judge(unready: string | undefined): void {
    if (unready === undefined) this.#unreadySince = undefined;
    else {
      this.#unreadySince ??= performance.now();
      const forMs = performance.now() - this.#unreadySince;
      if (forMs > READY_LIMIT_MS) this.troubles.push(`/ready ${unready}, for ${Math.round(forMs)} ms now`);
    }
  }

  /** What is wrong with the answer; undefined for nothing. */
  async #ask(path: string): Promise<string | undefined> {
    try {
      const answer = await this.#millrace.ask(path);
      const text = await answer.text();
      return answer.status === 200 ? undefined : `answered ${answer.status} ${text}`;
    } catch (error) {
      return this.#stopped ? undefined : `did not answer: ${String(error)}`;
    }
  }
}
