import { test } from 'node:test';
import assert from 'node:assert/strict';
import { forSeeds } from '../seeded.ts';
import { ExactlyOnceWorld } from './exactly-once-world.ts';

const RUNS = 150;

for (const order of ['key', 'unordered', 'partition'] as const) {
  test(`exactly once, order '${order}': every input is seen once, in order, whatever dies, freezes or moves`, () => {
    let commits = 0;
    forSeeds(RUNS, (seed) => (commits += new ExactlyOnceWorld(seed, order).run().commits));
    assert.ok(commits > 0);
  });
}
