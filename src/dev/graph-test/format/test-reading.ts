import type { Path } from '../../../deployment/path.ts';
import type { BodyReading } from './body.ts';
import type { TestedGraph } from './tested-graph.ts';

/** What the parts of a test are read with: the graph that they are about, and where problems go. */
export interface TestReading extends BodyReading {
  readonly graph: TestedGraph;
  /** Line of the file, counted from 1. */
  lineOf(at: Path): number;
}
