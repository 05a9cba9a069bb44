import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseStartOffset, startIn } from '../../../../src/cli/consume/start-offset.ts';

test('reading begins within the log, wherever it was asked to begin', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['earliest', 50],
    ['latest', 80],
    ['60', 60],
    ['0', 50],
    ['99', 80],
    ['-10', 70],
    ['-1000', 50],
  ];
  for (const [text, start] of cases) assert.equal(startIn(parseStartOffset(text), 50, 80), start, text);
});

test('what is no place in a partition is refused with what would be one', () => {
  for (const text of ['', 'begin', '1.5', '-0', '1e3', '99999999999999999999']) {
    assert.throws(() => parseStartOffset(text), { code: 'OPTIONS_INVALID', exitCode: 2 }, text);
  }
});
