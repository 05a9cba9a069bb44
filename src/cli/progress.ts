import { SingleBar, Presets } from 'cli-progress';
import { note } from './print.ts';

/** How far a piece of work is, for the person at the terminal. */
export interface Progress {
  /**
   * @param fraction from 0 to 1; NaN when the whole is not known
   * @param text what is done, in words
   */
  update(fraction: number, text: string): void;
  /** Takes the bar away, so that other lines can be printed. */
  stop(): void;
}

/** Where nobody wants to see progress. */
export const noProgress: Progress = { update: () => undefined, stop: () => undefined };

const LINE_EVERY_MS = 10_000;
const TOTAL = 1000;

/** A bar when standard error is a terminal; else a line now and then, so that a log shows that work goes on. */
export function createProgress(): Progress {
  return process.stderr.isTTY ? new Bar() : new Lines();
}

class Bar implements Progress {
  #bar: SingleBar | undefined;

  update(fraction: number, text: string): void {
    const known = !Number.isNaN(fraction);
    if (this.#bar === undefined) {
      const format = known ? '{bar} {percentage}%  {text}  {eta_formatted} left' : '{duration_formatted}  {text}';
      const options = { format, clearOnComplete: true, hideCursor: true, etaBuffer: 50, gracefulExit: false };
      this.#bar = new SingleBar(options, Presets.shades_classic);
      this.#bar.start(TOTAL, 0, { text });
    }
    this.#bar.update(known ? Math.floor(Math.min(1, fraction) * TOTAL) : 0, { text });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

class Lines implements Progress {
  #toldAtMs = performance.now();

  update(fraction: number, text: string): void {
    const now = performance.now();
    if (now - this.#toldAtMs < LINE_EVERY_MS) return;
    this.#toldAtMs = now;
    note(Number.isNaN(fraction) ? text : `${Math.floor(fraction * 100)}%  ${text}`);
  }

  stop(): void {
    return;
  }
}
