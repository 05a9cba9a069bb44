import type { DemoStream } from '../../dev/demo/stream/demo-stream.ts';
import { countText, secondsText } from '../amounts.ts';
import type { Paint } from './screen/paint.ts';
import type { LiveView } from './screen/screen.ts';

/** The rate is that of so long a time before now. */
const RATE_WINDOW_MS = 2_500;
const BAR_WIDTH = 32;

/** Shows how far a stream is: in, out, errors, rate, lag, latency. */
export class StreamView {
  readonly #stream: DemoStream;
  readonly #paint: Paint;
  readonly #samples: { readonly atMs: number; readonly ended: number }[] = [];

  constructor(stream: DemoStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
    this.#rate(stream.ledger.ended);
  }

  /** The state now. To be asked again and again: the rate follows from the difference. */
  now(): LiveView {
    const { ledger, stored } = this.#stream;
    const total = ledger.requests.length;
    const rate = this.#rate(ledger.ended);
    const lag = countText(Math.max(0, stored - ledger.ended));
    const latency = Number.isNaN(ledger.latestMs) ? '-' : latencyText(ledger.latestMs);
    const numbers = [`rate ${countText(rate)}/s`, `lag ${lag}`, `latency ${latency}`, `errors ${ledger.errors}`];
    const row = (name: string, count: number, style: 'cyan' | 'green') => {
      const filled = Math.min(BAR_WIDTH, Math.round((count / total) * BAR_WIDTH));
      const bar = this.#paint(style, '█'.repeat(filled)) + this.#paint('dim', '░'.repeat(BAR_WIDTH - filled));
      return `  ${name}  ${bar}  ${countText(count)} of ${countText(total)}`;
    };
    return {
      lines: [row('in ', stored, 'cyan'), row('out', ledger.ended, 'green'), `       ${numbers.join('   ')}`],
      plain: [`in ${countText(stored)}`, `out ${countText(ledger.ended)} of ${countText(total)}`, ...numbers].join(
        ', ',
      ),
    };
  }

  #rate(ended: number): number {
    const atMs = performance.now();
    this.#samples.push({ atMs, ended });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? 0) > RATE_WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (first === undefined || atMs <= first.atMs) return 0;
    return ((ended - first.ended) * 1000) / (atMs - first.atMs);
  }
}

/** A latency as people say it: `7 ms`, `1.9 s`. */
export function latencyText(durationMs: number): string {
  if (Number.isNaN(durationMs)) return '-';
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : secondsText(durationMs);
}
