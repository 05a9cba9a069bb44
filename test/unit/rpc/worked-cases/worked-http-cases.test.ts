import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { PredictorSpec } from '../../../../src/deployment/seldon-deployment.ts';
import type { Protocol } from '../../../../src/protocol/payload.ts';
import { ask } from '../ask.ts';
import { withHttpFront } from '../served-graph.ts';
import type { HttpRule } from '../stub-http-node.ts';

// The worked cases of Seldon Core 1.17's executor that enter by HTTP, as its clients see them: real sockets on both sides. The order
// of calls and their overlap is tested with the graph.

interface Case {
  readonly id: string;
  readonly description: string;
  readonly entry: string;
  readonly protocol: Protocol | 'kfserving';
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly unreachableNodes?: readonly string[];
  readonly nodes: Readonly<Record<string, readonly HttpRule[]>>;
  readonly input: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyText?: string;
    readonly bodyBase64?: string;
  };
  readonly calls: readonly {
    readonly node: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string | null>>;
  }[];
  readonly output: Expected & { readonly connectionClosed?: boolean };
}

interface Expected {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyText?: string;
  readonly bodyRegex?: string;
  readonly gunzip?: boolean;
}

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const failure = (info: string): Expected => ({
  status: 500,
  headers: TEXT,
  bodyRegex: `^\\{"status":\\{"code":500,"info":"${info}","status":"FAILURE"\\}\\}$`,
});

/** Where the answer is meant to be another than Seldon's: its crashes are failures of one request, and the texts are ours. */
const INSTEAD: Readonly<Record<string, Expected>> = {
  'seldon-rest-router-crash-strdata': failure("router 'r' did not answer with a route: it has no 'data'.*"),
  'seldon-rest-router-crash-empty-ndarray': failure("router 'r' did not answer with a route: data.ndarray is empty.*"),
  'seldon-rest-router-crash-empty-list': failure("router 'r' did not answer with a route: its list is empty.*"),
  'seldon-rest-router-crash-index-too-big': failure("router 'r' answered 5; .*"),
  'seldon-rest-router-crash-index-minus-3': failure("router 'r' answered -3; .*"),
  'tf-rest-array-body-under-fanout-crash': failure('.*it is not a JSON object'),
  // A router's own answer says more than that it failed.
  'seldon-rest-router-error-status': { status: 400, headers: TEXT },
  'seldon-rest-node-down': failure("node 'm' at .* cannot be reached: .*"),
  'seldon-rest-combiner-child-not-json': failure(
    ".*the answer of child 1 cannot be part of a list: it is not JSON: unexpected 'o' at byte 1",
  ),
  'tf-rest-chain-outputs-error': failure(".*it has neither 'instances' nor 'inputs'.*"),
  'v2-rest-chain-no-keys': failure(".*it has neither 'inputs'.*"),
  'v2-rest-gzip-request-fails': failure('.*'),
};

/** Refused before the first request. */
const REFUSED_AT_START: Readonly<Record<string, RegExp>> = {
  'seldon-rest-abtest-bad-ratio': /graph\.parameters\[0\]\.value.*'half', not a number/,
};

const file = new URL('../../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

suite('worked cases by HTTP', { concurrency: 8 }, () => {
  for (const one of cases.filter(({ entry }) => entry === 'http')) {
    test(`${one.id}: ${one.description}`, () => run(one));
  }
});

async function run(one: Case): Promise<void> {
  const protocol = one.protocol === 'kfserving' ? 'v2' : one.protocol;
  const { graph } = one.deployment.predictor;
  const routingInjection = Boolean(one.env?.['SELDON_ENABLE_ROUTING_INJECTION']);
  const served = { ...one, protocol, graph, routingInjection };
  const refused = REFUSED_AT_START[one.id];
  if (refused !== undefined)
    return assert.rejects(
      withHttpFront(served, async () => undefined),
      refused,
    );
  await withHttpFront(served, async ({ port, nodes }) => {
    const { method, path, headers, bodyText = '', bodyBase64 } = one.input;
    const body = bodyBase64 === undefined ? bodyText : Buffer.from(bodyBase64, 'base64');
    const answer = await ask(port, path, { method, headers, body });
    const expected = INSTEAD[one.id] ?? one.output;
    assert.equal(answer.status, expected.status, answer.text);
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      assert.equal(answer.headers[name.toLowerCase()], value, name);
    }
    const text = expected.gunzip ? gunzipSync(answer.body).toString() : answer.text;
    if (expected.bodyText !== undefined) assert.equal(text, expected.bodyText);
    if (expected.bodyRegex !== undefined) assert.match(text, new RegExp(expected.bodyRegex));
    assert.match(String(answer.headers['seldon-puid']), /./);
    for (const call of one.calls) {
      const seen = nodes.calls.find(
        (other) =>
          other.node === call.node &&
          other.path === call.path &&
          Object.entries(call.headers ?? {}).every(
            ([name, value]) => (other.headers[name.toLowerCase()]?.toString() ?? null) === value,
          ),
      );
      assert.ok(seen, `no call of ${call.node} ${call.path} with ${JSON.stringify(call.headers)}`);
      assert.equal(seen.headers['seldon-puid'], answer.headers['seldon-puid']);
    }
    assert.equal(nodes.calls.length, one.calls.length);
  });
}
