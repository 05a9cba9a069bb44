const STEPS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in decimal steps: `23.4 MB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 999.95 && step < STEPS.length - 1) {
    value /= 1000;
    step++;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${STEPS[step] ?? ''}`;
}

/** A whole number with its thousands apart: `8,300`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Milliseconds as seconds: `1.2 s`, `30 s`. */
export function secondsText(durationMs: number): string {
  return `${Number((durationMs / 1000).toFixed(1))} s`;
}

/** How many per second, rounded: `8,300/s`. */
export function rateText(count: number, durationMs: number): string {
  return `${countText(durationMs > 0 ? (count * 1000) / durationMs : 0)}/s`;
}

/** `1 record`, `2 records`: the number as it is, for scripts. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
