import type { ScalarTag } from 'yaml';
import { errorText } from '../../../base/errors.ts';
import { Anything, CloseTo, Regex } from '../compare/matcher.ts';

/** `!text` and `!base64`: bytes that are taken as they are, instead of JSON. */
export class RawBytes {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** `!file`: the bytes of a file, named from the test file's folder. */
export class FileName {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

type Refuse = (message: string) => void;

/** The tags of a graph test: where YAML's own values do not say enough, without a word that could stand in someone's JSON. */
export const testTags: readonly ScalarTag[] = [
  scalarTag('!text', (text) => new RawBytes(Buffer.from(text))),
  scalarTag('!base64', (text, refuse) => {
    const compact = text.replace(/\s/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) refuse('what follows !base64 is not Base64');
    return new RawBytes(Buffer.from(compact, 'base64'));
  }),
  scalarTag('!file', (text, refuse) => {
    if (text === '') refuse('!file needs the path of a file');
    return new FileName(text);
  }),
  scalarTag('!anything', (text, refuse) => {
    if (text !== '') refuse(`!anything stands alone, and here '${text.slice(0, 60)}' follows`);
    return new Anything();
  }),
  scalarTag('!closeTo', closeTo),
  scalarTag('!regex', (text, refuse) => {
    try {
      return new Regex(new RegExp(text, 'u'));
    } catch (error) {
      refuse(`what follows !regex is no regular expression: ${errorText(error)}`);
      return undefined;
    }
  }),
];

function scalarTag(tag: string, resolve: (text: string, refuse: Refuse) => unknown): ScalarTag {
  return {
    tag,
    resolve: (text, onError) => resolve(text, onError),
    // Without it, a node that is written back would show the object it was resolved to.
    stringify: ({ source = '' }) => source,
  };
}

function closeTo(text: string, refuse: Refuse): CloseTo {
  const [number = NaN, tolerance, ...more] = text
    .split(/\+-|±/)
    .map((part) => (part.trim() === '' ? NaN : Number(part)));
  const wrong = !Number.isFinite(number) || more.length > 0 || !((tolerance ?? 0) >= 0);
  if (wrong) refuse(`'${text.slice(0, 60)}' is not a number, nor NUMBER +- TOLERANCE`);
  return new CloseTo(number, tolerance, text);
}
