import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cells, DELIVERIES, ORDERS, type Cell } from '../../chaos/cell.ts';
import { tableRows, violationText } from '../../chaos/chaos-table.ts';
import { FAULTS } from '../../chaos/faults/all-faults.ts';
import type { CellReport } from '../../chaos/play-cell.ts';
import { settingsOf } from '../../chaos/settings.ts';
import { Seeded } from '../../simulation/seeded.ts';
import { goodTopics, verdictOn } from './spoilt-topics.ts';

const { value: cell } = cells({ faults: FAULTS, deliveries: DELIVERIES, orders: ORDERS, seed: 7, env: {} }).next();

function report(change: Partial<CellReport> = {}, other: Partial<Cell> = {}): CellReport {
  return {
    cell: { ...cell, ...other },
    settings: settingsOf(cell, new Seeded(1)),
    injected: ['SIGKILL executor-1', 'SIGKILL executor-2'],
    verdict: verdictOn(goodTopics()),
    broken: [],
    durationMs: 1_000,
    folder: 'the-logs',
    ...change,
  };
}

test('a row a fault and mode: runs of the same are added up, the longest stall counts, and one that broke is not hidden', () => {
  const broken = [{ what: 'no result and no error record', records: ['0/1'] }];
  const verdict = { ...verdictOn(goodTopics()), lost: ['0/1'], longestStallMs: 900 };
  const rows = tableRows([report({}, { order: 'unordered' }), report(), report({ broken, verdict }), report()]);
  assert.deepEqual(rows, [
    ['kill', 'at-least-once', 'key', 60, 6, 1, 0, 0, '900 ms', 'NO'],
    ['kill', 'at-least-once', 'unordered', 20, 2, 0, 0, 0, '5 ms', 'yes'],
  ]);
});

test('a broken promise is told with its records, the seed, the settings and the way to play it again', () => {
  const records = Array.from({ length: 30 }, (_, offset) => `0/${offset}`);
  const text = violationText(report({ broken: [{ what: 'out of order', records }] }));
  assert.match(text, /^BROKEN: kill, at-least-once, order key, seed 7\n {2}out of order: 30\n {4}0\/0\n/);
  assert.match(text, /0\/11\n {4}and 18 more\n/);
  assert.match(text, /faults: SIGKILL executor-1; SIGKILL executor-2\n {2}settings: .*KAFKA_ORDER=key/);
  assert.match(text, /the-logs/);
  assert.ok(text.endsWith('npm run chaos -- --fault kill --delivery at-least-once --order key --seed 7'));
});
