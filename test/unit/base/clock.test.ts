import { test } from 'node:test';
import assert from 'node:assert/strict';
import { sleep } from '../../../src/base/clock.ts';

test('what is due already is not waited for, and nothing is said of it', async (context) => {
  const warned = context.mock.method(process, 'emitWarning', () => undefined);
  await sleep(-7.5);
  await sleep(0);
  assert.equal(warned.mock.callCount(), 0);
});
