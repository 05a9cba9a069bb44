import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ObjectCursor } from '../../../src/protocol/json/object-cursor.ts';
import { isJson, MAX_DEPTH, skipValue } from '../../../src/protocol/json/skip-value.ts';
import { MessageError } from '../../../src/protocol/message-error.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// Valid JSON with one place changed: near misses are where a scanner goes wrong.
const nearJson = fc
  .tuple(
    fc.json({ depthSize: 'medium' }),
    fc.nat(),
    fc.nat(3),
    fc.constantFrom(...'{}[]",:\\u0019eE+-. \n\ttfn\u0000é'),
  )
  .map(([json, place, remove, insert]) => {
    const at = place % (json.length + 1);
    return json.slice(0, at) + insert + json.slice(at + remove);
  });

test('what is JSON is what JSON.parse takes', () => {
  for (const arbitrary of [fc.json(), nearJson, fc.string({ unit: 'binary' })]) {
    fc.assert(
      fc.property(arbitrary, (text) => {
        const bytes = Buffer.from(text);
        assert.equal(isJson(bytes), parses(bytes.toString()), text);
      }),
      { numRuns: 2_000 },
    );
  }
});

test('corners of the grammar', () => {
  const yes = [
    '0',
    '-0',
    '1e5',
    '1E+5',
    '-1.5e-7',
    '1e400',
    ' [ ] ',
    '{ }',
    '"\\u12aF\\/"',
    '[1,[2,{"a":[]}]]',
    '{"":0,"":1}',
  ];
  const no = [
    '',
    ' ',
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    '-',
    'NaN',
    'Infinity',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    '"\t"',
    '"\\x"',
    '"\\u12"',
  ];
  const alsoNo = ['tru', 'nulll', '[1 2]', '{"a" 1}', '1 2', '"a', '[', '{"a":', "'a'", '\ufeff1', '[}', '{]', '"\\'];
  for (const text of yes) assert.ok(isJson(Buffer.from(text)), text);
  for (const text of [...no, ...alsoNo]) assert.ok(!isJson(Buffer.from(text)), text);
});

test('bytes that are no UTF-8 are let through inside strings only', () => {
  assert.ok(isJson(Buffer.from([0x22, 0xff, 0xc3, 0x22])));
  assert.ok(!isJson(Buffer.from([0xff])));
});

test('nesting is bounded, and a hostile depth costs an error and no stack', () => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  assert.ok(isJson(nested(MAX_DEPTH)));
  assert.throws(() => skipValue(nested(MAX_DEPTH + 1), 0), /deeper than 10000 at byte 10000/);
  assert.throws(() => skipValue(Buffer.from('{"a":'.repeat(1_000_000)), 0), MessageError);
});

test('errors say what stands where', () => {
  assert.throws(() => skipValue(Buffer.from('[1,x]'), 0), /unexpected 'x' at byte 3/);
  assert.throws(() => skipValue(Buffer.from([0x1f, 0x8b]), 0), /unexpected 0x1f at byte 0/);
  assert.throws(() => skipValue(Buffer.from('{"a"'), 0), /ends too soon, at byte 4/);
  assert.throws(() => skipValue(Buffer.alloc(0), 0), /it is empty/);
});

test('an object cursor finds the members that JSON.parse finds', () => {
  const value = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  fc.assert(
    fc.property(value, fc.nat(3), (object, indent) => {
      const json = Buffer.from(JSON.stringify(object, undefined, indent));
      const members = new ObjectCursor(json, 0);
      const found: [string, unknown][] = [];
      while (members.next()) {
        const key = JSON.parse(json.toString('utf8', members.keyStart, members.keyEnd)) as string;
        if (/^[ -~]*$/.test(key)) assert.ok(members.keyIs(key), key);
        assert.ok(!members.keyIs(`${key}x`));
        found.push([key, JSON.parse(json.toString('utf8', members.valueStart, members.valueEnd()))]);
      }
      assert.deepEqual(Object.fromEntries(found), JSON.parse(json.toString()));
      assert.equal(members.keyStart, json.length - 1);
    }),
  );
});

test('an object cursor reads no further than it must', () => {
  const members = new ObjectCursor(Buffer.from('{"a": 1, "b": this is no JSON'), 0);
  assert.ok(members.next());
  assert.ok(members.next());
  assert.ok(members.keyIs('b'));
  assert.throws(() => members.next(), /byte 15/);
});
