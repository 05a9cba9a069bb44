import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { ask } from '../ask.ts';
import { withHttpFront } from '../served-graph.ts';

// The executor reads no body that no step of the graph has to read: type and bytes go to the nodes as they came.

const PREDICTIONS = '/api/v1.0/predictions';
const MODEL: PredictiveUnit = { name: 'm', type: 'MODEL', endpoint: {} };
const answer = (bodyText: string) => [{ status: 200, headers: { 'Content-Type': 'application/json' }, bodyText }];

const BOUNDARY = '----millrace "odd" boundary';
const MULTIPART = `multipart/form-data; boundary="----millrace \\"odd\\" boundary"`;
/** A form as Seldon's wrappers read it: JSON under `meta`, a file under `binData`. */
const FORM = Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{"tags":{"a":"<b>"}}\r\n`),
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="binData"; filename="ü.png"\r\n`),
  Buffer.from('Content-Type: image/png\r\n\r\n'),
  Buffer.from([0x89, 0x50, 0x00, 0xff, 0x0d, 0x0a, 0x2d, 0x2d]),
  Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
]);

const BODIES: readonly (readonly [type: string | undefined, body: Buffer])[] = [
  ['application/json', Buffer.from('{"strData":"<\u2028>"}')],
  ['application/json; charset=utf-8', Buffer.from('{"data":{"ndarray":[9007199254740993,1e-7]}}')],
  ['application/x-www-form-urlencoded', Buffer.from('json=%7B%22strData%22%3A%22x%22%7D&a=b+c')],
  [MULTIPART, FORM],
  ['application/octet-stream', Buffer.from([0, 0xff, 0x3c, 0x0a])],
  ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff])],
  ['', Buffer.from('no type')],
  [undefined, Buffer.from('no type at all')],
];

test('a body of any type reaches the model byte for byte, with its type', async () => {
  await withHttpFront({ graph: MODEL, nodes: { m: answer('{}') } }, async ({ port, nodes }) => {
    for (const [type, body] of BODIES) {
      nodes.calls.length = 0;
      const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
      const { status } = await ask(port, PREDICTIONS, { method: 'POST', headers, body });
      assert.equal(status, 200, type);
      assert.deepEqual(nodes.calls[0]?.body, body, type);
      assert.equal(nodes.calls[0]?.headers['content-type'], type ?? '', type);
    }
  });
});

test('a form goes to the first node, and to a router and the children it chooses; what comes later is what nodes answered', async () => {
  const transformed: PredictiveUnit = { name: 't', type: 'TRANSFORMER', endpoint: {}, children: [MODEL] };
  const nodes = { t: answer('{"strData":"t"}'), m: answer('{"strData":"m"}'), r: answer('{"data":{"ndarray":[0]}}') };
  const given = { method: 'POST', headers: { 'Content-Type': MULTIPART }, body: FORM };
  const isForm = (body: Buffer) => (body.equals(FORM) ? 'form' : body.toString());
  await withHttpFront({ graph: transformed, nodes }, async ({ port, nodes: { calls } }) => {
    const { text } = await ask(port, PREDICTIONS, given);
    assert.equal(text, '{"strData":"m"}');
    assert.deepEqual(
      calls.map(({ node, body, headers }) => [node, isForm(body), headers['content-type']]),
      [
        ['t', 'form', MULTIPART],
        ['m', '{"strData":"t"}', 'application/json'],
      ],
    );
  });
  const routed: PredictiveUnit = { name: 'r', type: 'ROUTER', endpoint: {}, children: [MODEL] };
  await withHttpFront({ graph: routed, nodes }, async ({ port, nodes: { calls } }) => {
    assert.equal((await ask(port, PREDICTIONS, given)).status, 200);
    assert.deepEqual(
      calls.map(({ path, body, headers }) => [path, isForm(body), headers['content-type']]),
      [
        ['/route', 'form', MULTIPART],
        ['/predict', 'form', MULTIPART],
      ],
    );
  });
});

test('where the protocol has JSON alone, a form is refused before any call, and the reason is told', async () => {
  for (const protocol of ['tensorflow', 'v2'] as const) {
    await withHttpFront({ protocol, graph: MODEL, nodes: { m: answer('{}') } }, async ({ port, nodes }) => {
      const path = protocol === 'v2' ? '/v2/models/m/infer' : '/v1/models/m:predict';
      const given = { method: 'POST', headers: { 'Content-Type': MULTIPART }, body: FORM };
      const { status, headers, text } = await ask(port, path, given);
      assert.equal(status, 500);
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
      const { code, info } = JSON.parse(text).status;
      assert.equal(code, 500);
      assert.match(info, /the request cannot go to node 'm': it is not a JSON object/);
      assert.equal(nodes.calls.length, 0);
    });
  }
});
