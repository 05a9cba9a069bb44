import type { ProcessSample } from '../probe/process-probe.ts';

/** What was measured, and when. */
export interface SoakSample extends ProcessSample {
  /** Since the first record. */
  readonly seconds: number;
  /** Records that had come out by then. */
  readonly records: number;
}

/** One line of the table: a thing that must not grow. */
export interface Series {
  readonly name: string;
  readonly unit: 'MB' | '';
  /** How much more it may be in the last quarter than in the second, beside 10 %. */
  readonly slack: number;
  of(sample: ProcessSample): number;
}

const MEGABYTE = 1024 * 1024;
const megabytes = (bytes: number) => bytes / MEGABYTE;

export const SERIES: readonly Series[] = [
  { name: 'heap after collection', unit: 'MB', slack: 2, of: ({ heapBytes }) => megabytes(heapBytes) },
  { name: 'array buffers', unit: 'MB', slack: 4, of: ({ arrayBufferBytes }) => megabytes(arrayBufferBytes) },
  { name: 'external', unit: 'MB', slack: 4, of: ({ externalBytes }) => megabytes(externalBytes) },
  // The system takes back what the process gave free when it likes.
  { name: 'resident', unit: 'MB', slack: 20, of: ({ rssBytes }) => megabytes(rssBytes) },
  // Sockets to the model come and go with retries, never more than there are workers.
  { name: 'open files and sockets', unit: '', slack: 8, of: ({ descriptors }) => descriptors },
  { name: 'timers', unit: '', slack: 8, of: ({ resources }) => resources['Timeout'] ?? 0 },
];

export interface Flatness {
  readonly series: Series;
  readonly values: readonly number[];
  /** Medians of the second and of the last quarter. */
  readonly second: number;
  readonly last: number;
  readonly most: number;
  readonly isFlat: boolean;
}

const MAX_RATIO = 1.1;

/** Whether it grew: the first quarter warms up, and then the last may not be above the second. */
export function flatness(series: Series, samples: readonly ProcessSample[]): Flatness {
  const values = samples.map((sample) => series.of(sample));
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const second = median(values.slice(quarter, 2 * quarter));
  const last = median(values.slice(-quarter));
  const most = Math.max(...values);
  return { series, values, second, last, most, isFlat: last <= second * MAX_RATIO + series.slack };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
