import type { ShapeProblem } from '../../../deployment/parse/shape.ts';
import type { Path } from '../../../deployment/path.ts';
import { isMatcher } from '../compare/matcher.ts';
import { FileName, RawBytes } from './tags.ts';

/** A message as a test says it: a JSON value (with matchers, where it is expected), or bytes. */
export type Body =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'bytes'; readonly bytes: Buffer };

export interface BodyReading {
  /** @throws MillraceError when the file cannot be read */
  readFile(path: string): Buffer;
  report(problem: ShapeProblem): void;
}

/** The body that a node is sent or sends; JSON becomes bytes later, by the transport. */
export function bodyToSend(value: unknown, at: Path, reading: BodyReading): Body {
  const body = bodyOf(value, at, reading);
  if (body.kind === 'json') refuseWhatIsNoJson(body.value, at, reading, false);
  return body;
}

/** The body that is expected: the text of a file that is called `.json` is a JSON value too. */
export function bodyToExpect(value: unknown, at: Path, reading: BodyReading): Body {
  const body = bodyOf(value, at, reading);
  if (body.kind === 'json') refuseWhatIsNoJson(body.value, at, reading, true);
  if (!(value instanceof FileName) || !value.path.endsWith('.json') || body.kind === 'json') return body;
  try {
    return { kind: 'json', value: JSON.parse(body.bytes.toString()) };
  } catch {
    reading.report({
      at,
      message: `'${value.path}' is not JSON`,
      remedy: 'mend it, or give it another ending than .json',
    });
    return body;
  }
}

/** The bytes of a body that is sent over HTTP. */
export function bytesOf(body: Body): Buffer {
  return body.kind === 'bytes' ? body.bytes : Buffer.from(JSON.stringify(body.value));
}

function bodyOf(value: unknown, at: Path, { readFile, report }: BodyReading): Body {
  if (value instanceof RawBytes) return { kind: 'bytes', bytes: value.bytes };
  if (!(value instanceof FileName)) return { kind: 'json', value };
  try {
    return { kind: 'bytes', bytes: readFile(value.path) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report({ at, message, remedy: 'give a path from the folder of the test file' });
    return { kind: 'bytes', bytes: Buffer.alloc(0) };
  }
}

function refuseWhatIsNoJson(value: unknown, at: Path, { report }: BodyReading, expected: boolean): void {
  const visit = (inner: unknown, place: Path): void => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      report({ at: place, message: `JSON has no ${inner}`, remedy: 'write a number, or the whole body with !text' });
    } else if (isMatcher(inner)) {
      if (expected) return;
      const remedy = 'write the value that is sent; !anything, !closeTo and !regex stand in what is expected';
      report({ at: place, message: `${inner.toString()} is no value`, remedy });
    } else if (inner instanceof RawBytes || inner instanceof FileName) {
      const remedy = 'give the whole body by the tag, or the JSON value without it';
      report({ at: place, message: 'a tag for a whole body stands inside of one', remedy });
    } else if (typeof inner === 'object' && inner !== null) {
      const isList = Array.isArray(inner);
      for (const [key, one] of Object.entries(inner)) visit(one, [...place, isList ? Number(key) : key]);
    }
  };
  visit(value, at);
}
