import { test } from 'node:test';
import assert from 'node:assert/strict';
import { terminalColumns } from '../../../src/cli/terminal-columns.ts';

test('a terminal without a width is written to like a file', () => {
  assert.equal(terminalColumns({ isTTY: true, columns: 120 }), 120);
  for (const stream of [{ isTTY: true, columns: 0 }, { isTTY: true }, { isTTY: false, columns: 120 }, {}]) {
    assert.equal(terminalColumns(stream), undefined, JSON.stringify(stream));
  }
});
