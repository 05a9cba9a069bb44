import type { ExpectedCall, Expectation } from '../format/graph-test.ts';
import { headerOf, type SeenCall } from '../run/seen-call.ts';
import { bodyMismatch } from './body-mismatch.ts';
import { isMatcher } from './matcher.ts';
import { mismatchOf, type Difference, type Mismatch } from './mismatch.ts';
import { gotCall, startOf } from './got-body.ts';
import { clipped, writtenValue } from './written-value.ts';

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
  if (expected.length !== seen.length || expected.some(({ node }, index) => node !== seen[index]?.node)) {
    const found = mismatchOf(about, listDifferences(expected, seen, tolerance));
    return found === undefined ? [] : [found];
  }
  return expected.flatMap((call, index) => {
    const found = seen[index];
    return found === undefined ? [] : mismatchesOf(call, found, `call ${index + 1} (node ${call.node})`, tolerance);
  });
}

/** Whose calls came, in one line; and, where more than the nodes is expected, the calls that are other ones. */
function* listDifferences(
  expected: readonly ExpectedCall[],
  seen: readonly SeenCall[],
  tolerance: number,
): Generator<Difference> {
  const nodes = (calls: readonly { readonly node: string }[]) => calls.map(({ node }) => node).join(', ') || 'none';
  yield { path: '', expected: nodes(expected), got: nodes(seen) };
  if (!expected.some(({ method, path, body }) => (method ?? path ?? body) !== undefined)) return;
  for (let index = 0; index < Math.max(expected.length, seen.length); index++) {
    const [call, found] = [expected[index], seen[index]];
    const isSame = call && call.node === found?.node && mismatchesOf(call, found, '', tolerance).length === 0;
    if (isSame) continue;
    yield { path: `[${index}]`, expected: call && expectedText(call), got: found && seenText(found) };
  }
}

function expectedText({ node, method, path, body }: ExpectedCall): string {
  return callText(
    [node, method, path],
    body && (body.kind === 'json' ? writtenValue(body.value) : body.bytes.toString()),
  );
}

function seenText(call: SeenCall): string {
  const { node, method, path } = call;
  return callText([node, method, path], startOf(gotCall(call)));
}

function callText(parts: readonly (string | undefined)[], body: string | undefined): string {
  const name = parts.filter((part) => part !== undefined).join(' ');
  return clipped(body === undefined ? name : `${name}: ${body}`);
}

function mismatchesOf(call: ExpectedCall, seen: SeenCall, about: string, tolerance: number): Mismatch[] {
  const name = mismatchOf(about, nameDifferences(call, seen));
  const headers = mismatchOf(`${about}, headers`, headerDifferences(call, seen));
  const body = call.body && bodyMismatch(`${about}, body`, call.body, gotCall(seen), tolerance);
  return [name, headers, body].filter((mismatch) => mismatch !== undefined);
}

function* nameDifferences(call: ExpectedCall, seen: SeenCall): Generator<Difference> {
  for (const path of ['method', 'path'] as const) {
    const expected = call[path];
    if (expected !== undefined && expected !== seen[path]) yield { path, expected, got: seen[path] };
  }
}

function* headerDifferences(call: ExpectedCall, seen: SeenCall): Generator<Difference> {
  for (const [name, value] of call.headers) {
    const got = headerOf(seen, name);
    const same = isMatcher(value) ? value.matches(got) : (value ?? undefined) === got;
    if (same) continue;
    yield { path: name, expected: value === null ? undefined : clipped(String(value)), got: got && clipped(got) };
  }
}
