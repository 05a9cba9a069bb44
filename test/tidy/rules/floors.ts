import type { Source, Violation } from '../source-tree.ts';

/** The house: a file imports only from lower floors; two folders of one floor never import each other. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  deployment: 1,
  protocol: 2,
  graph: 3,
  kafka: 3,
  models: 4,
  autoscale: 4,
  stream: 5,
  rpc: 5,
  operator: 5,
  dev: 5,
  telemetry: 6,
  executor: 7,
  console: 7,
  cli: 8,
};

/** Imports within src/ that go up, or sideways into another folder of the same floor, or out of src/. */
export function floorViolations(sources: readonly Source[]): Violation[] {
  const violations: Violation[] = [];
  for (const { path, imports } of sources) {
    const folder = folderOf(path);
    if (folder === undefined) continue;
    const floor = FLOORS[folder];
    if (floor === undefined) {
      violations.push({
        path,
        line: 1,
        message: `folder src/${folder} has no floor; add it to FLOORS or move the file`,
      });
      continue;
    }
    for (const { target, specifier, line, kind } of imports) {
      if (target === undefined || kind === 'mention') continue;
      const other = folderOf(target);
      if (other === undefined) {
        violations.push({ path, line, message: `src/ imports ${specifier}, which is outside src/` });
        continue;
      }
      const otherFloor = FLOORS[other];
      if (other === folder || otherFloor === undefined || otherFloor < floor) continue;
      const why = otherFloor === floor ? 'shares its floor' : 'is a higher floor';
      violations.push({
        path,
        line,
        message: `src/${folder} (floor ${floor}) imports ${target}: src/${other} (floor ${otherFloor}) ${why}`,
      });
    }
  }
  return violations;
}

/** `kafka` of `src/kafka/options.ts`. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}
