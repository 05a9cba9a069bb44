import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../../../src/models/rest/retry-after.ts';

const now = Date.UTC(2024, 0, 1);

test('seconds and dates', () => {
  assert.equal(retryAfterMs('0', now), 0);
  assert.equal(retryAfterMs(' 120 ', now), 120_000);
  assert.equal(retryAfterMs('Mon, 01 Jan 2024 00:00:30 GMT', now), 30_000);
  assert.equal(retryAfterMs('Sun, 31 Dec 2023 23:00:00 GMT', now), 0);
});

test('dates of all three forms mean GMT, wherever the machine is', (context) => {
  const { TZ } = process.env;
  context.after(() => {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });
  process.env['TZ'] = 'Asia/Tokyo';
  for (const text of ['Mon, 01 Jan 2024 00:00:30 GMT', 'Monday, 01-Jan-24 00:00:30 GMT', 'Mon Jan  1 00:00:30 2024']) {
    assert.equal(retryAfterMs(text, now), 30_000, text);
  }
});

test('a wait is a day at most', () => {
  assert.equal(retryAfterMs('9'.repeat(400), now), 86_400_000);
  assert.equal(retryAfterMs('9999999999', now), 86_400_000);
  assert.equal(retryAfterMs('Wed, 01 Jan 2025 00:00:00 GMT', now), 86_400_000);
});

test('anything else is no wait', () => {
  for (const text of [undefined, '', 'soon', '-1', '1.5', '2024-01-01', 'Xyz, nonsense']) {
    assert.equal(retryAfterMs(text, now), undefined, text);
  }
});
