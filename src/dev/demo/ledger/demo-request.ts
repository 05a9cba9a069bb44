/** A request of the demo: a picture, or one that no model can answer. The key is its own; no two requests share one. */
export type DemoRequest =
  | { readonly key: string; readonly image: number; readonly malformed?: undefined }
  | { readonly key: string; readonly malformed: MalformedRequest };

export interface MalformedRequest {
  readonly what: string;
  readonly value: Buffer | null;
}

/** Requests that a stream meets some day: each of them has to end in the error topic. */
const MALFORMED: readonly (MalformedRequest & { readonly key: string })[] = [
  { key: 'malformed-empty', what: 'an empty value', value: Buffer.alloc(0) },
  { key: 'malformed-not-json', what: 'not JSON', value: Buffer.from('\x89PNG\r\n\x1a\n') },
  { key: 'malformed-cut-off', what: 'JSON, cut off', value: Buffer.from('{"instances": [[[[0.61, 0.44, 0.18], [0.6') },
  { key: 'malformed-field', what: "'images' for 'instances'", value: Buffer.from('{"images": [[[[0, 0, 0]]]]}') },
  {
    key: 'malformed-shape',
    what: 'a picture of 16 x 16',
    value: Buffer.from(JSON.stringify({ instances: [grey(16)] })),
  },
];

/**
 * `count` requests that go through the images again and again, and the malformed ones, spread among the first `among` (which
 * are at least as many as those).
 */
export function demoRequests(count: number, images: number, among: number): readonly DemoRequest[] {
  const requests: DemoRequest[] = [];
  const width = String(count).length;
  const every = Math.max(1, Math.floor(among / MALFORMED.length));
  for (let i = 0; i < count; i++) {
    if (i % every === Math.floor(every / 2)) {
      const malformed = MALFORMED[Math.floor(i / every)];
      if (malformed) requests.push({ key: malformed.key, malformed });
    }
    requests.push({ key: `request-${String(i + 1).padStart(width, '0')}`, image: i % images });
  }
  return requests;
}

/** How many malformed requests `demoRequests` adds. */
export const MALFORMED_COUNT = MALFORMED.length;

function grey(side: number): number[][][] {
  return Array.from({ length: side }, () => Array.from({ length: side }, () => [0.5, 0.5, 0.5]));
}
