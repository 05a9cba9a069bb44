import type { Problem } from '../../base/errors.ts';
import { formatPath } from '../path.ts';
import type { ShapeProblem } from './shape.ts';
import type { SourceDocument } from './yaml-source.ts';

/** What is wrong with a part of a document, with the line of the part; with the first where there is no document. */
export function problemAt(document: SourceDocument | undefined, { at, message, remedy }: ShapeProblem): Problem {
  return { path: formatPath(at) || 'document', line: document?.lineOf(at) ?? 1, message, remedy };
}
