import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { byteDifference } from '../../../../src/dev/graph-test/compare/byte-difference.ts';
import { jsonDifferences } from '../../../../src/dev/graph-test/compare/json-differences.ts';
import { Anything, CloseTo, Regex } from '../../../../src/dev/graph-test/compare/matcher.ts';
import { MAX_DIFFERENCES, mismatchOf } from '../../../../src/dev/graph-test/compare/mismatch.ts';
import { writtenValue } from '../../../../src/dev/graph-test/compare/written-value.ts';

const differences = (expected: unknown, got: unknown, tolerance?: number) =>
  [...jsonDifferences(expected, got, tolerance)].map(({ path, expected: left, got: right }) => [path, left, right]);

suite('differences of JSON values', () => {
  test('none, whatever the order of keys', () => {
    assert.deepEqual(differences({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }), []);
  });

  test('the deepest place, by its path', () => {
    assert.deepEqual(differences({ a: [[1, 2]] }, { a: [[1, 3]] }), [['a[0][1]', '2', '3']]);
    assert.deepEqual(differences(1, '1'), [['', '1', '"1"']]);
    assert.deepEqual(differences({ 'a b': 1 }, { 'a b': 2 }), [['["a b"]', '1', '2']]);
    assert.deepEqual(differences([], {}), [['', '[]', '{}']]);
    assert.deepEqual(differences(null, {}), [['', 'null', '{}']]);
  });

  test('what is missing and what is too much', () => {
    assert.deepEqual(differences({ a: 1, b: 2 }, { b: 2, c: 3 }), [
      ['a', '1', undefined],
      ['c', undefined, '3'],
    ]);
    assert.deepEqual(differences([1, 2, 3], [1]), [
      ['[1]', '2', undefined],
      ['[2]', '3', undefined],
    ]);
    // Inherited names are no fields.
    assert.deepEqual(differences({ toString: 1 }, {}), [['toString', '1', undefined]]);
  });

  test('numbers within the tolerance are the same', () => {
    assert.deepEqual(differences([0.1, 5], [0.1001, 5], 0.001), []);
    assert.equal(differences([0.1], [0.102], 0.001).length, 1);
    assert.equal(differences([0.1], [0.1 + 1e-12]).length, 1);
  });

  test('matchers', () => {
    assert.deepEqual(
      differences({ a: new Anything(), b: new CloseTo(0.9, undefined, '0.9') }, { a: [], b: 0.90000001 }),
      [],
    );
    assert.deepEqual(differences([new CloseTo(0.9, 0.1, '0.9 +- 0.1')], [0.7]), [
      ['[0]', '!closeTo 0.9 +- 0.1', '0.7'],
    ]);
    assert.deepEqual(differences({ a: new Anything() }, {}), [['a', '!anything', undefined]]);
    assert.deepEqual(differences(new Regex(/^a/u), 'ba'), [['', '!regex "^a"', '"ba"']]);
    assert.equal(differences(new Regex(/1/u), 1).length, 1);
  });

  test('many are counted, not listed', () => {
    const mismatch = mismatchOf('output', jsonDifferences(Array(100).fill(0), Array(100).fill(1)));
    assert.equal(mismatch?.differences.length, MAX_DIFFERENCES);
    assert.equal(mismatch.more, 100 - MAX_DIFFERENCES);
  });

  test('long values are cut off', () => {
    assert.ok(writtenValue(Array(100_000).fill('abc')).length < 1_100);
    assert.equal(writtenValue({ a: [1, new Anything()] }), '{"a": [1, !anything]}');
  });
});

suite('difference of bytes', () => {
  test('none', () => assert.equal(byteDifference(Buffer.from('a'), Buffer.from('a')), undefined));

  test('text is shown from a little before the first difference', () => {
    assert.deepEqual(byteDifference(Buffer.from('abc'), Buffer.from('abd')), {
      path: 'from character 3',
      expected: '"abc"',
      got: '"abd"',
    });
    const long = byteDifference(Buffer.from(`${'x'.repeat(500)}a`), Buffer.from(`${'x'.repeat(500)}b\n`));
    assert.equal(long?.expected, `…"${'x'.repeat(30)}a"`);
    assert.equal(long.got, `…"${'x'.repeat(30)}b\\n"`);
  });

  test('bytes that are no text are shown in hexadecimal', () => {
    assert.deepEqual(byteDifference(Buffer.from([0xff, 1, 2]), Buffer.from([0xff, 1, 3])), {
      path: 'from byte 3',
      expected: '0xff0102',
      got: '0xff0103',
    });
  });
});
