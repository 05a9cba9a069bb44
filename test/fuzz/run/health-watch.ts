import { setTimeout as sleep } from 'node:timers/promises';
import type { MillraceProcess } from '../../stream/millrace-process.ts';

const INTERVAL_MS = 500;

/** Asks `/live` and `/ready` again and again, and notes every answer that is not 200. */
export class HealthWatch {
  readonly troubles: string[] = [];
  asked = 0;
  #stopped = false;
  readonly #watching: Promise<void>;

  constructor(millrace: MillraceProcess) {
    this.#watching = this.#watch(millrace);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
  }

  async #watch(millrace: MillraceProcess): Promise<void> {
    while (!this.#stopped) {
      for (const path of ['/live', '/ready?verbose']) {
        try {
          const answer = await millrace.ask(path);
          const text = await answer.text();
          this.asked++;
          if (answer.status !== 200) this.troubles.push(`${path} answered ${answer.status} ${text}`);
        } catch (error) {
          if (!this.#stopped) this.troubles.push(`${path} did not answer: ${String(error)}`);
        }
      }
      await sleep(INTERVAL_MS);
    }
  }
}
