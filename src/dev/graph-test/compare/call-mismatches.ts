import type { ExpectedCall, Expectation } from '../format/graph-test.ts';
import { headerOf, type SeenCall } from '../run/seen-call.ts';
import { bodyMismatch } from './body-mismatch.ts';
import { isMatcher } from './matcher.ts';
import { mismatchOf, type Difference, type Mismatch } from './mismatch.ts';
import { gotBody } from './got-body.ts';
import { clipped } from './written-value.ts';

/**
 * What is wrong with the calls that the nodes have got.
 *
 * @param seen in the order of the graph
 */
export function callMismatches(
  expected: NonNullable<Expectation['calls']>,
  seen: readonly SeenCall[],
  tolerance: number,
): Mismatch[] {
  if (!(expected instanceof Map)) return listMismatches('calls', expected as readonly ExpectedCall[], seen, tolerance);
  const byNode = expected as ReadonlyMap<string, readonly ExpectedCall[]>;
  return [...byNode].flatMap(([node, calls]) => {
    const own = seen.filter((call) => call.node === node);
    return listMismatches(`calls of ${node}`, calls, own, tolerance);
  });
}

function listMismatches(
  about: string,
  expected: readonly ExpectedCall[],
  seen: readonly SeenCall[],
  tolerance: number,
): Mismatch[] {
  // Where other nodes were called, their bodies tell nothing.
  if (expected.length !== seen.length || expected.some((call, index) => !isOf(call, seen[index]))) {
    const detailed = expected.some(({ method, path }) => method !== undefined || path !== undefined);
    const difference: Difference = {
      path: '',
      expected: expected.map(nameOf).join(', ') || 'none',
      got: seen.map((call) => (detailed ? nameOf(call) : call.node)).join(', ') || 'none',
    };
    return [{ about, differences: [difference] }];
  }
  return expected.flatMap((call, index) => {
    const found = seen[index];
    return found === undefined ? [] : mismatchesOf(call, found, `call ${index + 1} (node ${call.node})`, tolerance);
  });
}

function isOf(call: ExpectedCall, seen: SeenCall | undefined): boolean {
  return (
    call.node === seen?.node && (call.method ?? seen.method) === seen.method && (call.path ?? seen.path) === seen.path
  );
}

function nameOf(call: Pick<ExpectedCall, 'node' | 'method' | 'path'>): string {
  return [call.node, call.method, call.path].filter((part) => part !== undefined).join(' ');
}

function mismatchesOf(call: ExpectedCall, seen: SeenCall, about: string, tolerance: number): Mismatch[] {
  const got = gotBody(seen.body, headerOf(seen, 'content-encoding'), seen.messageName);
  const body = call.body && bodyMismatch(`${about}, body`, call.body, got, tolerance);
  const headers = mismatchOf(`${about}, headers`, headerDifferences(call, seen));
  return [headers, body].filter((mismatch) => mismatch !== undefined);
}

function* headerDifferences(call: ExpectedCall, seen: SeenCall): Generator<Difference> {
  for (const [name, value] of call.headers) {
    const got = headerOf(seen, name);
    const same = isMatcher(value) ? value.matches(got) : (value ?? undefined) === got;
    if (same) continue;
    yield { path: name, expected: value === null ? undefined : clipped(String(value)), got: got && clipped(got) };
  }
}
