import { Histogram, Summary, type Registry } from 'prom-client';
import { CALL_BUCKETS } from './registry.ts';

/** Takes one sample, in seconds. */
export type Observer = (seconds: number) => void;

/** A latency as Seldon's executor measures it, so that its dashboards go on: a histogram, and a summary of the same samples. */
export class SeldonLatency<L extends string> {
  readonly #histogram: Histogram<L>;
  readonly #summary: Summary<L>;

  /**
   * @param name of the histogram; the summary's ends in `_summary`
   * @param what is measured, as the help texts name it
   */
  constructor(registry: Registry, name: string, what: string, labelNames: readonly L[]) {
    const registers = [registry];
    this.#histogram = new Histogram({
      name,
      help: `A histogram of latencies for ${what}`,
      labelNames,
      buckets: CALL_BUCKETS,
      registers,
    });
    this.#summary = new Summary({
      name: `${name}_summary`,
      help: `A summary of latencies for ${what}`,
      labelNames,
      percentiles: [0.5, 0.75, 0.9, 0.98, 0.99, 1],
      maxAgeSeconds: 600,
      ageBuckets: 5,
      registers,
    });
  }

  /** For many samples of the same labels, which are resolved once. */
  observer(labels: Readonly<Record<L, string>>): Observer {
    const histogram = this.#histogram.labels(labels);
    const summary = this.#summary.labels(labels);
    return (seconds) => {
      histogram.observe(seconds);
      summary.observe(seconds);
    };
  }
}
