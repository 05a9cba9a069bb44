import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fieldText, parseFieldPath } from '../../../../src/cli/records/json-field.ts';

function field(json: string, path: string): unknown {
  const parsed = parseFieldPath(path);
  assert.ok(parsed, path);
  return fieldText(JSON.parse(json), parsed, () => json);
}

test('finds fields by names with dots between, array indices and JSON pointers', () => {
  const json = '{"user":{"id":"u1","full.name":"x"},"instances":[{"id":7}],"a/b":{"~":true},"":"root"}';
  assert.deepEqual(field(json, 'user.id'), { text: 'u1' });
  assert.deepEqual(field(json, 'instances.0.id'), { text: '7' });
  assert.deepEqual(field(json, '/user/full.name'), { text: 'x' });
  assert.deepEqual(field(json, '/a~1b/~0'), { text: 'true' });
  assert.deepEqual(field(json, '/'), { text: 'root' });
});

test('numbers beyond what a double holds keep their digits', () => {
  assert.deepEqual(field('{"id":12345678901234567890}', 'id'), { text: '12345678901234567890' });
  assert.deepEqual(field('{"a":[{"id":-9007199254740993}]}', 'a.0.id'), { text: '-9007199254740993' });
  assert.deepEqual(field('{"id":1.50}', 'id'), { text: '1.5' });
});

test('says why there is no text', () => {
  assert.deepEqual(field('{"a":null}', 'a'), { problem: 'is null' });
  assert.deepEqual(field('{"a":[]}', 'a'), { problem: 'is an array' });
  assert.deepEqual(field('{"a":{}}', 'a'), { problem: 'is an object' });
  for (const path of ['b', 'a.b', 'toString', 'a.length', '__proto__', 'a.0.0']) {
    assert.deepEqual(field('{"a":["x"]}', path), { problem: 'is not there' }, path);
  }
  assert.deepEqual(field('[1]', '1'), { problem: 'is not there' });
  assert.deepEqual(field('"text"', 'length'), { problem: 'is not there' });
});

test('a path with an empty name between dots is none', () => {
  for (const path of ['', '.', 'a.', '.a', 'a..b']) assert.equal(parseFieldPath(path), undefined);
});
