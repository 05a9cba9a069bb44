import assert from 'node:assert/strict';
import { test } from 'node:test';
import { injectRouting } from '../../../src/protocol/rest/routing-injection.ts';

const routes = new Map([
  ['r', 1],
  ['a', -1],
]);

function injected(text: string): string {
  return injectRouting({ body: Buffer.from(text), contentType: '', contentEncoding: '' }, routes).body.toString();
}

test('routes go into meta.routing, and no other byte changes', () => {
  const cases: readonly [string, string][] = [
    ['{"meta": {}, "strData":"x"}', '{"meta": {"routing":{"a":-1,"r":1}}, "strData":"x"}'],
    ['{"meta":{"puid":"1" },"data":{"n":[1.0]}}', '{"meta":{"puid":"1" ,"routing":{"a":-1,"r":1}},"data":{"n":[1.0]}}'],
    ['{"meta":{"routing" : {"old":0},"tags":{}}}', '{"meta":{"routing" : {"a":-1,"r":1},"tags":{}}}'],
  ];
  for (const [from, to] of cases) assert.equal(injected(from), to);
});

test('what has no object meta stays as it is', () => {
  for (const text of [
    '{"strData":"x"}',
    '{"meta":null}',
    '{"meta":[]}',
    '[]',
    '',
    'no',
    '{"meta":{}',
    '{"meta":{}} x',
  ]) {
    assert.equal(injected(text), text);
  }
});

test('names of nodes are escaped', () => {
  const message = { body: Buffer.from('{"meta":{}}'), contentType: '', contentEncoding: '' };
  const out = injectRouting(message, new Map([['a"b', 0]]));
  assert.equal(out.body.toString(), '{"meta":{"routing":{"a\\"b":0}}}');
});
