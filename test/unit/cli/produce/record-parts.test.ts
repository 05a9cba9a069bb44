import { test } from 'node:test';
import assert from 'node:assert/strict';
import { keyRule, type KeyOptions } from '../../../../src/cli/produce/key-rule.ts';
import { recordSplitter } from '../../../../src/cli/produce/record-parts.ts';

/** Key and value of each line, or what is wrong with it. */
function split(options: Partial<KeyOptions>, lines: readonly (string | Buffer)[], checkJson = true): unknown[] {
  const splitter = recordSplitter(keyRule({ keys: 0, ...options }), checkJson);
  return lines.map((line) => {
    const parts = splitter(Buffer.from(line));
    return 'problem' in parts ? parts.problem : [parts.key?.toString(), parts.value.toString()];
  });
}

test('without key options records have no key', () => {
  assert.deepEqual(split({}, ['{}', '1']), [[undefined, '{}'], [undefined, '1']]); // prettier-ignore
});

test('keys: one for all, counting, in turn', () => {
  const keys = (options: Partial<KeyOptions>) => split(options, ['1', '2', '3']).map((parts) => (parts as string[])[0]);
  assert.deepEqual(keys({ key: 'k' }), ['k', 'k', 'k']);
  assert.deepEqual(keys({ keyPrefix: 'user-' }), ['user-0', 'user-1', 'user-2']);
  assert.deepEqual(keys({ keyPrefix: 'user-', keys: 2 }), ['user-0', 'user-1', 'user-0']);
  assert.deepEqual(keys({ keys: 2 }), ['key-0', 'key-1', 'key-0']);
});

test('a key from a field leaves the value as it is', () => {
  assert.deepEqual(split({ keyField: 'user.id' }, ['{ "user": {"id": 7} }', '{}']), [
    ['7', '{ "user": {"id": 7} }'],
    "the key field 'user.id' is not there",
  ]);
});

test('a key from the line ends at the first separator', () => {
  assert.deepEqual(split({ keySeparator: '\\t' }, ['a\t{"b":"\\t"}', '\t{}', '{}']), [
    ['a', '{"b":"\\t"}'],
    ['', '{}'],
    'there is no "\\t" between key and value',
  ]);
});

test('lines that are not JSON are found with every kind of key, and let through unchecked', () => {
  for (const options of [{}, { key: 'k' }, { keys: 2 }, { keyField: 'a' }, { keySeparator: ':' }]) {
    assert.match(String(split(options, ['x:hello'])[0]), /^is not JSON: /);
  }
  assert.deepEqual(split({}, ['hello'], false), [[undefined, 'hello']]);
  assert.deepEqual(split({}, [Buffer.from([0x22, 0xff, 0x22])]), ['is not UTF-8, as JSON has to be']);
});

test('a message about a bad line does nothing to the terminal', () => {
  assert.doesNotMatch(String(split({}, ['\x1b[2J'])[0]), /\x1b/);
});

test('a number that counts up is not used up by a bad line', () => {
  assert.deepEqual(split({ keys: 5 }, ['1', 'bad', '2']).filter((parts) => Array.isArray(parts)), [
    ['key-0', '1'],
    ['key-1', '2'],
  ]); // prettier-ignore
});

test('key options that exclude each other are named', () => {
  assert.throws(() => keyRule({ keyField: 'a', keys: 3 }), {
    message: '--key-field and --keys exclude each other',
    exitCode: 2,
  });
  assert.throws(() => keyRule({ keyField: 'a..b', keys: 0 }), /--key-field 'a\.\.b' is no path/);
});
