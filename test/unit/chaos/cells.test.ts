import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellCount, cells, replayCommand, type Cell } from '../../chaos/cell.ts';
import { readChaosOptions } from '../../chaos/chaos-options.ts';
import { settingsOf } from '../../chaos/settings.ts';
import { Seeded } from '../../simulation/seeded.ts';

function first(count: number, ...args: readonly string[]): Cell[] {
  const found: Cell[] = [];
  for (const cell of cells(readChaosOptions(args).selection)) {
    found.push(cell);
    if (found.length === count) return found;
  }
  return found;
}

test('every fault in every mode, each with a seed of its own; then again with new seeds', () => {
  const { selection } = readChaosOptions(['--seed', '5']);
  const count = cellCount(selection);
  const all = first(2 * count, '--seed', '5');
  const modes = all.map(({ fault, delivery, order }) => `${fault.name} ${delivery} ${order}`);
  assert.equal(new Set(modes).size, count);
  assert.deepEqual(modes.slice(0, count), modes.slice(count));
  assert.deepEqual(
    all.map(({ seed }) => seed),
    all.map((_, index) => 5 + index),
  );
  // A run that is cut short has seen all faults, not all modes of the first.
  assert.equal(new Set(all.slice(0, selection.faults.length).map(({ fault }) => fault)).size, selection.faults.length);
});

test('the command that a report names plays the same cell, with the same settings', () => {
  for (const cell of first(40, '--seed', '900', '--env', 'KAFKA_WORKERS=3', '--env', 'KAFKA_CLIENT_ID=a=b')) {
    const [, args = ''] = replayCommand(cell).split(' -- ');
    const [again] = first(1, ...args.split(' '));
    assert.ok(again);
    assert.deepEqual(again, cell);
    const settings = settingsOf(again, new Seeded(again.seed));
    assert.deepEqual(settings, settingsOf(cell, new Seeded(cell.seed)));
    assert.equal(settings.env['KAFKA_WORKERS'], '3');
    assert.equal(settings.env['KAFKA_CLIENT_ID'], 'a=b');
    assert.equal(settings.env['KAFKA_DELIVERY'], cell.delivery);
    if (cell.order === 'partition') assert.equal(settings.env['KAFKA_PARTITIONER'], 'input');
  }
});
