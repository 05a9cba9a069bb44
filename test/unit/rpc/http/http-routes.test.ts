import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { ask } from '../ask.ts';
import { withHttpFront } from '../served-graph.ts';

const MODEL: PredictiveUnit = { name: 'm', type: 'MODEL', endpoint: {} };
const OK = [{ status: 200, headers: { 'Content-Type': 'application/json' }, bodyText: '{}' }];
const JSON_TYPE = { 'Content-Type': 'application/json' };

test("the seldon protocol's routes, methods and CORS", async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port }) => {
    const expected: readonly (readonly [string, string, number, string | undefined])[] = [
      ['POST', '/api/v0.1/predictions', 200, 'OPTIONS,POST'],
      ['POST', '/api/v1.0/predictions', 200, 'OPTIONS,POST'],
      ['GET', '/api/v1.0/predictions', 405, undefined],
      ['HEAD', '/api/v1.0/predictions', 405, undefined],
      ['OPTIONS', '/api/v1.0/predictions', 200, 'OPTIONS,POST'],
      ['POST', '/api/v0.1/feedback', 200, 'OPTIONS,POST'],
      ['POST', '/api/v1.0/feedback', 200, 'OPTIONS,POST'],
      ['GET', '/api/v0.1/status/m', 200, 'GET,OPTIONS'],
      ['GET', '/api/v1.0/status/m', 200, 'GET,OPTIONS'],
      ['POST', '/api/v1.0/status/m', 405, undefined],
      ['GET', '/api/v1.0/metadata/m', 200, 'GET,OPTIONS'],
      ['GET', '/api/v1.0/metadata', 200, 'GET,OPTIONS'],
      ['GET', '/api/v0.1/metadata', 404, undefined],
      ['GET', '/api/v1.0/status', 200, 'GET,OPTIONS'],
      ['GET', '/api/v1.0/health/status', 200, 'GET,OPTIONS'],
      ['GET', '/api/v1.0/status/', 404, undefined],
      ['GET', '/api/v1.0/status/m/', 404, undefined],
      ['GET', '/api/v1.0/status/a%2Fb', 404, undefined],
      ['GET', '/api/v1.0/status/other', 500, 'GET,OPTIONS'],
      ['GET', '/ready', 200, undefined],
      ['OPTIONS', '/ready', 200, undefined],
      ['POST', '/predict', 404, undefined],
      ['POST', '/v1/models/m:predict', 404, undefined],
      ['GET', '/api/v1.0/doc/', 200, undefined],
      ['GET', '/api/v0.1/doc/seldon.json', 200, undefined],
      ['GET', '/api/v1.0/doc/nothing', 404, undefined],
      ['POST', '/api/v1.0/%zz', 400, undefined],
    ];
    for (const [method, path, status, methods] of expected) {
      const answer = await ask(port, path, { method });
      const seen = [answer.status, answer.headers['access-control-allow-methods']];
      assert.deepEqual(seen, [status, methods], `${method} ${path}`);
    }
  });
});

test("the tensorflow protocol's routes, with the odd ones", async () => {
  await withHttpFront({ protocol: 'tensorflow', graph: MODEL, nodes: { m: OK } }, async ({ port, nodes }) => {
    const body = '{"instances":[]}';
    const both = 'OPTIONS,POST,GET,OPTIONS';
    const expected: readonly (readonly [string, string, number, string | undefined, string])[] = [
      ['POST', '/v1/models/other:predict', 200, both, '/v1/models/other:predict'],
      ['POST', '/v1/models/a%20b:predict', 200, both, '/v1/models/a%20b:predict'],
      ['POST', '/v1/models/a:b:predict', 200, both, '/v1/models/a:b:predict'],
      ['POST', '/v1/models/m/:predict', 200, 'OPTIONS,POST', '/v1/models/m:predict'],
      ['POST', '/v1/models/:predict', 200, both, '/v1/models/m:predict'],
      ['POST', '/v1/models:predict', 200, 'OPTIONS,POST', '/v1/models/m:predict'],
      ['GET', '/v1/models/m', 200, 'GET,OPTIONS', '/v1/models/m'],
      ['GET', '/v1/models/m/metadata', 200, 'GET,OPTIONS', '/v1/models/m/metadata'],
      ['GET', '/v1/models/:predict', 500, both, ''],
      ['POST', '/v1/models/m/versions/1:predict', 404, undefined, ''],
      ['POST', '/v1/models/m:classify', 405, undefined, ''],
      ['POST', '/api/v1.0/feedback', 200, 'OPTIONS,POST', ''],
      ['POST', '/api/v0.1/feedback', 404, undefined, ''],
    ];
    for (const [method, path, status, methods, called] of expected) {
      nodes.calls.length = 0;
      const answer = await ask(port, path, { method, ...(method === 'POST' && { body, headers: JSON_TYPE }) });
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      assert.equal(answer.headers['access-control-allow-methods'], methods, `${method} ${path}`);
      assert.deepEqual(
        nodes.calls.map((call) => call.path),
        called === '' ? [] : [called],
        path,
      );
    }
  });
});

test("the v2 protocol's routes", async () => {
  await withHttpFront({ protocol: 'v2', graph: MODEL, nodes: { m: [{ status: 200 }] } }, async ({ port, nodes }) => {
    // A model that is ready says so without a body.
    assert.equal((await ask(port, '/v2/models/m/ready')).status, 200);
    assert.equal((await ask(port, '/v2/health/ready')).status, 200);
    assert.equal((await ask(port, '/v2/health/live')).status, 200);
    const { name, extensions } = JSON.parse((await ask(port, '/v2')).text);
    assert.deepEqual([name, extensions], ['dep', []]);
    assert.equal((await ask(port, '/v2/')).status, 404);
    const unknown = await ask(port, '/v2/models/infer');
    assert.equal(unknown.status, 500);
    assert.match(unknown.text, /"info":"Failed to find model infer"/);
    assert.equal(JSON.parse((await ask(port, '/v2/docs/dataplane.json')).text).openapi, '3.0.3');
    assert.deepEqual(
      nodes.calls.map(({ method, path }) => `${method} ${path}`),
      ['GET /v2/models/m/ready'],
    );
  });
});

test('a path that is not canonical is redirected, its query too', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port }) => {
    const expected: Readonly<Record<string, string>> = {
      '//api/v1.0/predictions': '/api/v1.0/predictions',
      '/api//v1.0/./predictions?a=b%20c': '/api/v1.0/predictions?a=b%20c',
      '/a/../live': '/live',
      '/../../live/': '/live/',
      '/a%20b/..//c%3Fd': '/c%3Fd',
    };
    for (const [path, location] of Object.entries(expected)) {
      const { status, headers, text } = await ask(port, path);
      assert.deepEqual([status, headers.location, text, headers['seldon-puid']], [301, location, '', undefined], path);
    }
  });
});

test('a CloudEvent is answered as one', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port }) => {
    const headers = { 'Ce-Specversion': '1.0', 'Seldon-Puid': 'p1', ...JSON_TYPE };
    const answer = await ask(port, '/api/v1.0/predictions', { method: 'POST', headers, body: '{}' });
    const ce = ['id', 'specversion', 'path', 'type', 'source'].map((name) => answer.headers[`ce-${name}`]);
    assert.deepEqual(ce, ['p1', '0.3', '/api/v1.0/predictions', 'seldon.dep.ns.response', 'seldon.dep']);
    assert.equal((await ask(port, '/live')).headers['ce-id'], undefined);
    const twice = { 'Ce-Specversion': '', 'Seldon-Puid': ['first', 'second'] };
    assert.equal((await ask(port, '/live', { headers: twice })).headers['ce-id'], 'first');
  });
});

test('health follows readiness, with the reasons for those who ask', async () => {
  await withHttpFront({ graph: MODEL, ready: false }, async ({ port }) => {
    for (const path of ['/ready', '/api/v1.0/status', '/api/v1.0/health/status']) {
      const { status, text } = await ask(port, path);
      assert.deepEqual([status, text], [503, ''], path);
    }
    assert.match((await ask(port, '/api/v1.0/health/status?verbose')).text, /"reasons":\["away"\]/);
  });
});

test('the metadata of the graph takes its edges from its nodes, by what they do', async () => {
  const of = (name: string) => [
    {
      path: '/metadata',
      status: 200,
      bodyText: JSON.stringify({ name, inputs: [`in-${name}`], outputs: [`out-${name}`], custom: {}, secret: 1 }),
    },
  ];
  const graph: PredictiveUnit = {
    name: 'top',
    type: 'TRANSFORMER',
    endpoint: {},
    children: [
      {
        name: 'mix',
        type: 'COMBINER',
        endpoint: {},
        children: [{ name: 'ab', implementation: 'RANDOM_ABTEST', children: [MODEL, { ...MODEL, name: 'n' }] }],
      },
    ],
  };
  const nodes = { top: of('top'), mix: of('mix'), m: of('m'), n: of('n') };
  await withHttpFront({ graph, nodes }, async ({ port, nodes: { calls } }) => {
    const answer = await ask(port, '/api/v1.0/metadata');
    const one = (name: string) => ({ name, inputs: [`in-${name}`], outputs: [`out-${name}`] });
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(answer.text), {
      name: 'p',
      models: { top: one('top'), mix: one('mix'), m: one('m'), n: one('n') },
      graphinputs: ['in-top'],
      graphoutputs: ['out-mix'],
    });
    assert.deepEqual(
      calls.map(({ node }) => node),
      ['top', 'mix', 'm', 'n'],
    );
  });
  const none = { name: '', versions: [], inputs: [], outputs: null, custom: {} };
  const says = [{ status: 200, bodyText: JSON.stringify(none) }];
  await withHttpFront({ graph: MODEL, nodes: { m: says } }, async ({ port }) => {
    const { text } = await ask(port, '/api/v1.0/metadata');
    assert.equal(text, '{"name":"p","models":{"m":{"inputs":[]}},"graphinputs":[],"graphoutputs":null}');
  });
  await withHttpFront({ graph, nodes: { ...nodes, n: [{ status: 200, bodyText: '[1]' }] } }, async ({ port }) => {
    const answer = await ask(port, '/api/v1.0/metadata');
    assert.equal(answer.status, 500);
    assert.match(answer.text, /the metadata of node 'n' cannot be used: it is not a JSON object/);
  });
});

test('headers go to every node: all but those of the connection, once each', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: OK } }, async ({ port, nodes }) => {
    const headers = {
      ...JSON_TYPE,
      'Seldon-Puid': 'mine',
      Authorization: 'Bearer x',
      'X-Twice': ['1', '2'],
      'User-Agent': 'curl',
      Connection: 'close',
      TE: 'trailers',
      Cookie: 'a=b',
    };
    const answer = await ask(port, '/api/v1.0/predictions', { method: 'POST', headers, body: '{}' });
    assert.equal(answer.headers['seldon-puid'], 'mine');
    const seen = nodes.calls[0]?.headers ?? {};
    const names = ['seldon-puid', 'authorization', 'x-twice', 'user-agent', 'cookie', 'te', 'content-type'];
    assert.deepEqual(
      names.map((name) => seen[name]),
      ['mine', 'Bearer x', '1, 2', 'curl', 'a=b', undefined, 'application/json'],
    );
  });
});

test('bodies of any type go through as bytes, both ways, but for what browsers take for HTML', async () => {
  const bytes = Buffer.from([0, 0xff, 0x3c, 0xe2, 0x80, 0xa8, 0x26]);
  const echo = (type: string) => [{ status: 200, headers: { 'Content-Type': type }, bodyText: '<&\u2028\u2027>' }];
  for (const [type, body] of [
    ['application/octet-stream', '<&\u2028\u2027>'],
    ['image/png', '<&\u2028\u2027>'],
    ['text/plain', '\\u003c\\u0026\\u2028\u2027\\u003e'],
    ['application/json', '\\u003c\\u0026\\u2028\u2027\\u003e'],
  ] as const) {
    await withHttpFront({ graph: MODEL, nodes: { m: echo(type) } }, async ({ port, nodes }) => {
      const answer = await ask(port, '/api/v1.0/predictions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: bytes,
      });
      assert.equal(answer.text, body);
      assert.deepEqual(nodes.calls[0]?.body, bytes);
      assert.equal(nodes.calls[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
    });
  }
});

test("a failing node's gzip answer is told unpacked, also to a client that takes gzip", async () => {
  const nodes = {
    m: [{ status: 422, headers: { 'Content-Encoding': 'gzip' }, bodyText: '{"why":"<x>"}', gzip: true }],
  };
  await withHttpFront({ graph: MODEL, nodes }, async ({ port }) => {
    const headers = { ...JSON_TYPE, 'Accept-Encoding': 'gzip' };
    const answer = await ask(port, '/api/v1.0/predictions', { method: 'POST', headers, body: '{}' });
    assert.deepEqual([answer.status, answer.text], [422, '{"why":"\\u003cx\\u003e"}']);
    assert.equal(answer.headers['content-encoding'], undefined);
  });
});

test('v2 requests and answers with binary tensors behind their JSON go both ways, through a chain too', async () => {
  const LENGTH = 'Inference-Header-Content-Length';
  const request = '{"inputs":[{"name":"x"}]}';
  const first = '{"outputs":[{"name":"y"}]}';
  const second = '{"outputs":[{"name":"z"}]}';
  const answering = (json: string, tensors: string) => [
    {
      status: 200,
      headers: { 'Content-Type': 'application/octet-stream', [LENGTH]: String(json.length) },
      bodyText: json + tensors,
    },
  ];
  const graph: PredictiveUnit = { ...MODEL, name: 'a', children: [MODEL] };
  const nodes = { a: answering(first, '\u0001<\u0000'), m: answering(second, '&\u007f') };
  await withHttpFront({ protocol: 'v2', graph, nodes }, async ({ port, nodes: { calls } }) => {
    const headers = { 'Content-Type': 'application/octet-stream', [LENGTH]: String(request.length) };
    const answer = await ask(port, '/v2/models/infer', { method: 'POST', headers, body: `${request}\u0002\u0003` });
    assert.deepEqual([answer.status, answer.text], [200, `${second}&\u007f`]);
    assert.equal(answer.headers[LENGTH.toLowerCase()], String(second.length));
    assert.deepEqual(
      calls.map(({ headers: seen, body }) => [seen[LENGTH.toLowerCase()], body.toString()]),
      [
        [String(request.length), `${request}\u0002\u0003`],
        [String(first.length - 1), `${first.replace('outputs', 'inputs')}\u0001<\u0000`],
      ],
    );
    const wrong = await ask(port, '/v2/models/infer', { method: 'POST', headers: { [LENGTH]: '9000' }, body: request });
    assert.equal(wrong.status, 500);
    assert.match(wrong.text, /its Inference-Header-Content-Length is '9000', and it has 25 bytes/);
  });
});
